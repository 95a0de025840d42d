import { connect } from './connect.js';
import { elasticsearch } from './elasticsearch.js';
import { kafka } from './kafka.js';
import { nats } from './nats.js';
import { postgres } from './postgres.js';
import type { Program } from './program.js';
import type { Stack } from './stack.js';

/** In stages, which stop in reverse order: Connect leaves its group in Kafka, so Kafka must stop after it. */
export const servers = (stack: Stack): Program[][] => [
  [postgres(stack), kafka(stack), elasticsearch(stack), nats(stack)],
  [connect(stack)],
];
