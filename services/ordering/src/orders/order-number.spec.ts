import { expect } from 'chai';
import { orderNumberOf } from './order-number.js';

describe('order number', () => {
  it('is the end of the id, in two groups of five', () => {
    expect(orderNumberOf('019400e2-6f00-7000-8000-000000000001')).to.equal('00000-00001');
    expect(orderNumberOf('019400e2-6f00-7abc-bfff-ffffffffffff')).to.equal('ZZZZZ-ZZZZZ');
    expect(orderNumberOf('019400e2-6f00-7abc-8123-456789abcdef')).to.equal('T5CY4-TQKFF');
  });

  it('has no letter that can be mistaken for a digit', () => {
    for (let index = 0; index < 1000; index += 1) {
      const tail = (index * 281_474_976_7).toString(16).padStart(12, '0').slice(-12);
      expect(orderNumberOf(`019400e2-6f00-7000-8abc-${tail}`)).to.match(/^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
    }
  });
});
