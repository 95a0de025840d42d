import { expect } from 'chai';
import { readClientFrame } from './client-frame.js';

const productId = '019b8c00-0000-7000-8000-0000000000d1';

describe('a client’s frame', () => {
  it('authenticates, with or without a sequence to resume from', () => {
    const frame = { type: 'authenticate', token: 't', resumeFrom: 7 };
    expect(readClientFrame(JSON.stringify(frame))).to.deep.equal({ frame });
    expect(readClientFrame('{"type":"authenticate","token":"t"}')).to.deep.equal({ frame: { type: 'authenticate', token: 't' } });
  });

  it('subscribes to a product’s stock', () => {
    const frame = { type: 'subscribe', channel: `stock.${productId}` };
    expect(readClientFrame(JSON.stringify(frame))).to.deep.equal({ frame });
  });

  for (const text of ['', 'no JSON', 'null', '7', '[]', '{}', '{"type":7}']) {
    it(`is malformed as ${text || 'an empty text'}`, () => {
      expect(readClientFrame(text)).to.include({ code: 'frame-malformed' });
    });
  }

  it('is unknown when its type is not one of the protocol', () => {
    expect(readClientFrame('{"type":"dance"}')).to.include({ code: 'frame-unknown' });
  });

  it('is refused with the path of the invalid field', () => {
    expect(readClientFrame('{"type":"subscribe","channel":"customers.c1"}'))
      .to.have.property('message')
      .that.matches(/^subscribe\.channel: /);
    expect(readClientFrame('{"type":"authenticate","token":"t","resumeFrom":-1}')).to.include({ code: 'frame-malformed' });
  });
});
