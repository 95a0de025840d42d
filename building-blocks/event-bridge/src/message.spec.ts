import { defineEvent } from '@orderstream/contracts';
import { expect } from 'chai';
import type { KafkaMessage } from 'kafkajs';
import { z } from 'zod';
import { messageParser, receive, sequenceOf } from './message.js';

const OrderPlaced = defineEvent({ type: 'OrderPlaced', version: 1, topic: 'ordering.orders', data: z.object({ orderId: z.string() }) });
const parse = messageParser([OrderPlaced]);

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
const parseMessage = (over: Partial<KafkaMessage> = {}) => parse(receive('ordering.orders', 2, message(over)));
const without = (name: keyof typeof headers) => ({ headers: { ...headers, [name]: undefined } });

describe('messageParser', () => {
  it('parses an event from its headers and its data', () => {
    expect(parseMessage()).to.deep.include({
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

  it('uses the last value of a repeated header', () => {
    const twice = { headers: { ...headers, ce_id: [Buffer.from('other'), Buffer.from(id)] } };
    expect(parseMessage(twice)).to.deep.include({ kind: 'event', id });
  });

  it('does not parse a type that is not subscribed to', () => {
    const unsubscribed = { headers: { ...headers, ce_type: 'OrderPainted' }, value: Buffer.from('{') };
    expect(parseMessage(unsubscribed).kind).to.equal('not subscribed');
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
    it(`cannot parse a message with ${what}`, () => expect(parseMessage(over)).to.deep.include({ kind: 'unreadable', problem }));
  }

  it('names the field of data that breaks its contract', () => {
    const parsed = parseMessage({ value: Buffer.from('{"orderId":7}') });
    expect(parsed)
      .to.have.property('problem')
      .that.matches(/^the data is not a OrderPlaced: orderId /);
  });
});

describe('receive', () => {
  it('keeps all headers: bytes, repeated ones, and names that every object has', () => {
    const bytes = (text: string) => Buffer.from(text);
    const many = { a: [bytes('1'), bytes('2')], none: null, constructor: [Object, bytes('3')] } as unknown as KafkaMessage['headers'];
    expect(receive('t', 0, message({ headers: { ...many } })).headers).to.deep.equal([
      ['a', bytes('1')],
      ['a', bytes('2')],
      ['none', null],
      ['constructor', bytes('3')],
    ]);
  });

  it('distinguishes messages at the same offset by their whole content', () => {
    const different: Partial<KafkaMessage>[] = [
      {},
      { key: null },
      { key: Buffer.from('') },
      { value: null },
      { value: Buffer.from('') },
      { timestamp: '1' },
      { headers: {} },
      { headers: { ...headers, a: [Buffer.from('1'), Buffer.from('2')] } },
      { headers: { ...headers, a: Buffer.from('1,2') } },
    ];
    const fingerprints = () => different.map((over) => receive('t', 0, message(over)).fingerprint);
    expect(new Set(fingerprints())).to.have.length(different.length);
    expect(fingerprints()).to.deep.equal(fingerprints());
  });
});

describe('sequenceOf', () => {
  const sequence = (key: Buffer | null, topic = 'ordering.orders', timestamp = '0') =>
    sequenceOf(receive(topic, 2, message({ key, timestamp })));

  it('is the topic and a plain key', () => expect(sequence(Buffer.from('o1'))).to.equal('ordering.orders/o1'));

  it('is different for each key, and short and plain for any key', () => {
    const keys = ['', ' ', 'o1\0', 'ü', 'x'.repeat(101), 'x'.repeat(700_000), `sha256:${'0'.repeat(64)}`].map((key) => Buffer.from(key));
    const names = [...keys, Buffer.from([0xff]), Buffer.from([0xfe])].map((key) => sequence(key));
    expect(new Set(names)).to.have.length(names.length);
    for (const name of names) expect(name).to.match(/^ordering\.orders\/sha256:[0-9a-f]{64}$/);
  });

  it('is unique for each message without a key', () => {
    expect(sequence(null)).to.not.equal(sequence(null, 'ordering.orders', '1'));
    expect(sequence(null)).to.match(/^ordering\.orders\/#/);
  });
});
