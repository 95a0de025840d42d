import { eventually } from '@orderstream/testing';
import { expect } from 'chai';
import { countedIn, type TestTopic, testTopic } from '../test/test-topic.js';
import { kafkaFeed } from './kafka-feed.js';

describe('a Kafka feed', function () {
  this.timeout(60_000);

  let topic: TestTopic;
  let handled: number[];
  let handle: (numbers: number[]) => Promise<void>;

  beforeEach(async () => {
    topic = await testTopic();
    handled = [];
    handle = async () => {};
  });
  afterEach(() => topic.end());

  const start = (): Promise<void> =>
    topic.start(
      kafkaFeed({
        brokers: topic.brokers,
        groupId: topic.group,
        events: [countedIn(topic.name)],
        handle: async (events) => {
          const numbers = events.map(({ data }) => data.n);
          await handle(numbers);
          handled.push(...numbers);
        },
      }),
    );
  const numbers = Array.from({ length: 20 }, (_, n) => n);

  it('handles events in order, and commits their offsets', async () => {
    await topic.send(numbers.map((n) => topic.counted(n)));
    await start();
    await eventually(() => expect(handled).to.deep.equal(numbers), { timeoutMs: 20_000 });
    await eventually(async () => expect(await topic.committed()).to.deep.equal(['20']));
  });

  it('skips messages that it cannot parse or does not subscribe to', async () => {
    await topic.send([
      { key: Buffer.from([0, 255]), value: 'poison' },
      topic.counted(1, { value: '{"n":' }),
      topic.counted(2, { headers: { ce_type: 'Other' } }),
      topic.counted(3),
    ]);
    await start();
    await eventually(() => expect(handled).to.deep.equal([3]), { timeoutMs: 20_000 });
    await eventually(async () => expect(await topic.committed()).to.deep.equal(['4']));
  });

  it('skips only the event that keeps failing', async () => {
    handle = async (batch) => {
      if (batch.includes(7)) throw new Error('7 fails');
    };
    await topic.send(numbers.map((n) => topic.counted(n)));
    await start();
    await eventually(() => expect(handled).to.deep.equal(numbers.filter((n) => n !== 7)), { timeoutMs: 20_000 });
    await eventually(async () => expect(await topic.committed()).to.deep.equal(['20']));
  });

  it('waits while a dependency is down, and skips no event', async () => {
    let failures = 0;
    handle = async () => {
      failures += 1;
      if (failures <= 6) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    };
    await topic.send(numbers.map((n) => topic.counted(n)));
    await start();
    await eventually(() => expect(handled).to.deep.equal(numbers), { timeoutMs: 30_000 });
  });
});
