import { expect } from 'chai';
import { portsAt } from './ports.js';

describe('the ports', () => {
  it('are all moved by the offset', () => {
    expect(portsAt(0)).to.include({ gateway: 8080, postgres: 15_432, status: 3090 });
    expect(portsAt(20_000)).to.include({ gateway: 28_080, postgres: 35_432, status: 23_090 });
  });

  it('are all different', () => {
    const ports = Object.values(portsAt(0));
    expect(new Set(ports).size).to.equal(ports.length);
  });

  it('refuse an invalid offset', () => {
    for (const offset of [-1, 1.5, Number.NaN, 60_000]) expect(() => portsAt(offset)).to.throw(RangeError, 'PORT_OFFSET');
  });
});
