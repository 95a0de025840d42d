import { expect } from 'chai';
import { inChunks, inWaves } from './waves.js';

const message = (subject: string, id: string) => ({ subject, id });

describe('waves', () => {
  it('send messages of different subjects together', () => {
    expect(inWaves([message('a', '1'), message('b', '2')])).to.deep.equal([[message('a', '1'), message('b', '2')]]);
  });

  it('send messages of one subject one after another, in their order', () => {
    expect(inWaves([message('a', '1'), message('a', '2'), message('b', '3'), message('a', '4')])).to.deep.equal([
      [message('a', '1'), message('b', '3')],
      [message('a', '2')],
      [message('a', '4')],
    ]);
  });

  it('are none for an empty batch', () => {
    expect(inWaves([])).to.deep.equal([]);
  });
});

describe('chunks', () => {
  it('have the given length, except for the last', () => {
    expect(inChunks([1, 2, 3, 4, 5], 2)).to.deep.equal([[1, 2], [3, 4], [5]]);
  });
});
