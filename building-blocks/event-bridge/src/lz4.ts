const magic = 0x184d2204;
const uncompressed = 0x80000000;

/**
 * Decodes LZ4 frames, one after the other. Checksums are skipped: Kafka has its own.
 *
 * @throws RangeError when the bytes end too early or refer to what is not there
 * @see https://github.com/lz4/lz4/blob/v1.10.0/doc/lz4_Frame_format.md
 */
export const decodeLz4 = (frames: Buffer): Buffer => {
  const blocks: Buffer[] = [];
  for (let at = 0; at < frames.length; ) {
    if (frames.readUInt32LE(at) !== magic) throw new RangeError('not an LZ4 frame');
    const flags = frames.readUInt8(at + 4);
    const [blockChecksum, contentSize, contentChecksum, dictionary] = [flags & 16, flags & 8, flags & 4, flags & 1];
    at += 7 + (contentSize ? 8 : 0) + (dictionary ? 4 : 0);
    const frame: Buffer[] = [];
    for (let size = frames.readUInt32LE(at); size !== 0; size = frames.readUInt32LE(at)) {
      const length = size & ~uncompressed;
      const block = frames.subarray(at + 4, at + 4 + length);
      if (block.length < length) throw new RangeError('an LZ4 block ends too early');
      const linked = flags & 32 ? Buffer.alloc(0) : Buffer.concat(frame).subarray(-65_536);
      frame.push(size & uncompressed ? block : decodeBlock(block, linked));
      at += 4 + length + (blockChecksum ? 4 : 0);
    }
    at += 4 + (contentChecksum ? 4 : 0);
    blocks.push(...frame);
  }
  return Buffer.concat(blocks);
};

/** @param before what the block may refer back to */
const decodeBlock = (block: Buffer, before: Buffer): Buffer => {
  let out = Buffer.alloc(before.length + 4 * block.length + 64);
  let end = before.copy(out);
  let at = 0;
  const room = (bytes: number): void => {
    if (end + bytes > out.length) out = Buffer.concat([out], 2 * (end + bytes));
  };
  const length = (nibble: number): number => {
    let sum = nibble;
    if (nibble === 15) {
      let byte = 255;
      for (; byte === 255; sum += byte) byte = block.readUInt8(at++);
    }
    return sum;
  };
  while (at < block.length) {
    const token = block.readUInt8(at++);
    const literals = length(token >> 4);
    if (at + literals > block.length) throw new RangeError('an LZ4 block ends too early');
    room(literals);
    end += block.copy(out, end, at, at + literals);
    at += literals;
    if (at === block.length) break; // the last sequence is literals only
    const distance = block.readUInt16LE(at);
    at += 2;
    const matched = length(token & 15) + 4;
    if (distance === 0 || distance > end) throw new RangeError('an LZ4 block refers to what is not there');
    room(matched);
    for (const until = end + matched; end < until; end += 1) out[end] = out[end - distance]!; // it may overlap itself
  }
  return out.subarray(before.length, end);
};
