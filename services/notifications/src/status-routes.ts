import { Unavailable } from '@orderstream/contracts';
import { type Api, api } from '@orderstream/http';
import { z } from 'zod';

const Status = z
  .object({
    connections: z.int().describe('WebSockets of this instance'),
    sequence: z.int().describe('the last sequence that this instance dispatched'),
    stream: z.object({ first: z.int(), last: z.int() }).describe('the sequences that can be resumed from'),
  })
  .meta({ id: 'NotificationsStatus' });

type Deps = { connections: () => number; sequence: () => number; stream: () => Promise<{ first: number; last: number }> };

export const statusRoutes = ({ connections, sequence, stream }: Deps): Api =>
  api('Notifications', '/notifications').get(
    '/notifications/status',
    {
      summary: 'Get the connections of this instance, and its position in the stream',
      who: 'admin',
      answers: { 200: Status },
      refusals: [new Unavailable('bus-unavailable', 'The connection to NATS is lost')],
    },
    async () => {
      const { first, last } = await stream();
      return { connections: connections(), sequence: sequence(), stream: { first, last } };
    },
  );
