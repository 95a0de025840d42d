import { UserErased } from '@orderstream/contracts';
import { kafkaFeed } from '@orderstream/event-bridge';
import { authenticatorFrom, httpServer } from '@orderstream/http';
import { natsBus } from '@orderstream/message-bus';
import { loadConfig, runService } from '@orderstream/service-host';
import { Config } from './config.js';
import { type PushedEvent, pushedEvents } from './frames/event-frames.js';
import { liveFeed } from './frames/live-feed.js';
import { publishEvents } from './frames/publish-events.js';
import { purgeErased } from './frames/purge-erased.js';
import { recipients } from './frames/recipients.js';
import { frameStream } from './frames/subjects.js';
import { socketServer } from './sockets/socket-server.js';
import { statusRoutes } from './status-routes.js';

const config = loadConfig(Config);
const auth = authenticatorFrom(config);
const stream = frameStream();
const bus = natsBus({ url: config.NATS_URL, streams: [stream.declaration] });
const connectedRecipients = recipients();
const feed = liveFeed({ bus, stream, recipients: connectedRecipients, onBreak: () => sockets.restartAll() });
const now = () => new Date();
const publish = publishEvents({ bus, stream, now });
const purge = purgeErased({ bus, stream, now });
const sockets = socketServer({ auth, bus, stream, recipients: connectedRecipients, liveSequence: feed.sequence });

await runService('notifications', [
  bus,
  feed,
  kafkaFeed({
    brokers: config.KAFKA_BROKERS,
    groupId: 'notifications',
    events: [...pushedEvents, UserErased],
    handle: async (events) => {
      await publish(events.filter((event): event is PushedEvent => event.type !== UserErased.type));
      await purge(events.filter((event): event is UserErased => event.type === UserErased.type));
    },
    lingerMs: () => 50, // imperceptible; fewer, larger batches leave more CPU time for orders
  }),
  httpServer({
    port: config.PORT,
    host: config.HOST,
    basePath: '/notifications',
    title: 'Notifications',
    apis: [statusRoutes({ connections: sockets.size, sequence: feed.sequence, stream: () => bus.bounds(stream.declaration.name) })],
    auth,
    onUpgrade: sockets.upgrade,
  }),
  sockets, // last: the server waits for them when it stops
]);
