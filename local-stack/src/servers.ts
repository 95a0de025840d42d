import { connect } from './connect.js';
import { elasticsearch } from './elasticsearch.js';
import { kafka } from './kafka.js';
import { nats } from './nats.js';
import { postgres } from './postgres.js';
import type { Program } from './program.js';
import type { Stack } from './stack.js';

/** In stages, as they stop in reverse: Connect takes leave of Kafka, so Kafka has to outlast it. */
export const servers = (stack: Stack): Program[][] => [
  [postgres(stack), kafka(stack), elasticsearch(stack), nats(stack)],
  [connect(stack)],
];
