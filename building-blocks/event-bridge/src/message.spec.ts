import { defineEvent } from '@orderstream/contracts';
import { expect } from 'chai';
import type { KafkaMessage } from 'kafkajs';
import { z } from 'zod';
import { messageReader, receive } from './message.js';

const OrderPlaced = defineEvent({ type: 'OrderPlaced', version: 1, topic: 'ordering.orders', data: z.object({ orderId: z.string() }) });
const read = messageReader([OrderPlaced]);

const id = '01932f6e-0000-7000-8000-000000000001';
const headers = {
  ce_id: id,
  ce_type: 'OrderPlaced',
  ce_source: '/services/ordering',
  ce_subject: 'o1',
  ce_time: '2026-01-05T10:15:00.123Z',
  ce_dataversion: '1',
  ce_aggregateversion: '3',
  ce_correlationid: 'c1',
};
const message = (over: Partial<KafkaMessage> = {}): KafkaMessage =>
  ({
    key: Buffer.from('o1'),
    offset: '7',
    headers,
    value: Buffer.from('{"orderId":"o1"}'),
    timestamp: '0',
    attributes: 0,
    ...over,
  }) as KafkaMessage;
const readMessage = (over: Partial<KafkaMessage> = {}) => read(receive('ordering.orders', 2, message(over)));
const without = (name: keyof typeof headers) => ({ headers: { ...headers, [name]: undefined } });

describe('messageReader', () => {
  it('reads an event from its headers and its data', () => {
    expect(readMessage()).to.deep.include({
      kind: 'event',
      id,
      event: {
        id,
        type: 'OrderPlaced',
        version: 1,
        source: '/services/ordering',
        aggregateId: 'o1',
        aggregateVersion: 3,
        occurredAt: new Date('2026-01-05T10:15:00.123Z'),
        correlationId: 'c1',
        data: { orderId: 'o1' },
      },
    });
  });

  it('takes a header that was set twice as it was set last', () => {
    const twice = { headers: { ...headers, ce_id: [Buffer.from('other'), Buffer.from(id)] } };
    expect(readMessage(twice)).to.deep.include({ kind: 'event', id });
  });

  it('does not read what nobody listens to', () => {
    const unheard = { headers: { ...headers, ce_type: 'OrderPainted' }, value: Buffer.from('{') };
    expect(readMessage(unheard).kind).to.equal('unheard');
  });

  const unreadable: [string, Partial<KafkaMessage>, string][] = [
    ['no type', without('ce_type'), 'it has no type (header ce_type)'],
    ['no id', without('ce_id'), 'it has no valid id (header ce_id)'],
    ['an id that is no UUID', { headers: { ...headers, ce_id: '7' } }, 'it has no valid id (header ce_id)'],
    ['no time', without('ce_time'), 'it has no valid time (header ce_time)'],
    ['a version that is not known', { headers: { ...headers, ce_dataversion: '2' } }, 'version 2 of OrderPlaced is not known here'],
    ['no data', { value: null }, 'the data is not JSON'],
    ['data that is not JSON', { value: Buffer.from('{"orderId":') }, 'the data is not JSON'],
  ];
  for (const [what, over, problem] of unreadable) {
    it(`cannot read a message with ${what}`, () => expect(readMessage(over)).to.deep.include({ kind: 'unreadable', problem }));
  }

  it('names the field of data that breaks its contract', () => {
    const reading = readMessage({ value: Buffer.from('{"orderId":7}') });
    expect(reading)
      .to.have.property('problem')
      .that.matches(/^the data is not a OrderPlaced: orderId /);
  });

  it('keys a message without a key by where it is', () => {
    expect(receive('ordering.orders', 2, message({ key: null })).key).to.equal('2:7');
  });
});
