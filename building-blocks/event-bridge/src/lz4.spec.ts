import { expect } from 'chai';
import { decodeLz4 } from './lz4.js';

/** A frame of such blocks; one of `raw` is not compressed. */
const frame = (flags: number, ...blocks: { raw?: boolean; bytes: number[] }[]): Buffer => {
  const sized = blocks.map(({ raw, bytes }) => {
    const size = Buffer.alloc(4);
    size.writeUInt32LE((raw ? 0x80000000 : 0) + bytes.length);
    return Buffer.concat([size, Buffer.from(bytes)]);
  });
  return Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, flags, 0x40, 0]), ...sized, Buffer.alloc(4)]);
};
const independent = 0x60;
const linked = 0x40;
const text = (value: string): number[] => [...Buffer.from(value)];
/** `abcabcabcabcabcX`: three literals, twelve bytes from three before, one more literal. */
const repeating = { bytes: [0x38, ...text('abc'), 3, 0, 0x10, ...text('X')] };

describe('decodeLz4', () => {
  it('decodes blocks that repeat themselves', () =>
    expect(decodeLz4(frame(independent, repeating)).toString()).to.equal('abcabcabcabcabcX'));

  it('copies a block that is not compressed', () =>
    expect(decodeLz4(frame(independent, { raw: true, bytes: text('abc') }, repeating)).toString()).to.equal('abcabcabcabcabcabcX'));

  it('lets a linked block refer to the one before it', () => {
    const referring = { bytes: [0x00, 3, 0, 0x10, ...text('Y')] };
    expect(decodeLz4(frame(linked, { raw: true, bytes: text('abc') }, referring)).toString()).to.equal('abcabcaY');
  });

  it('decodes long runs, and one frame after another', () => {
    const run = frame(independent, { bytes: [0x1f, ...text('z'), 1, 0, 255, 255, 100, 0x10, ...text('!')] });
    const expected = `${'z'.repeat(1 + 4 + 15 + 255 + 255 + 100)}!`;
    expect(decodeLz4(Buffer.concat([run, run])).toString()).to.equal(expected + expected);
  });

  it('skips checksums and sizes', () => {
    const plain = frame(independent, repeating);
    const withSize = Buffer.concat([
      Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x6c, 0x40]),
      Buffer.alloc(9),
      plain.subarray(7),
      Buffer.alloc(4),
    ]);
    expect(decodeLz4(withSize).toString()).to.equal('abcabcabcabcabcX');
  });

  const whole = frame(independent, repeating);
  const broken: [string, Buffer][] = [
    ['no frame', Buffer.from('no frame at all')],
    ['a frame that is cut', whole.subarray(0, -6)],
    ['a frame without its end', whole.subarray(0, -4)],
    ['a block that refers to what is before it', frame(independent, { bytes: [0x18, ...text('a'), 9, 0, 0x10, ...text('X')] })],
    ['a block that refers to itself', frame(independent, { bytes: [0x18, ...text('a'), 0, 0, 0x10, ...text('X')] })],
    ['a block with fewer literals than it says', frame(independent, { bytes: [0x90, ...text('abc')] })],
  ];
  for (const [what, bytes] of broken) it(`refuses ${what}`, () => expect(() => decodeLz4(bytes)).to.throw(RangeError));
});
