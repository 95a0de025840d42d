import { decompress as decodeZstd } from 'fzstd';
import kafkajs from 'kafkajs'; // Node finds no name CompressionCodecs in a CommonJS module
import { uncompress as decodeSnappy } from 'snappyjs';
import { decodeLz4 } from './lz4.js';

/** Decoders for the codecs that kafkajs lacks. The platform does not compress its own messages. */
const reads = (decompress: (bytes: Buffer) => Buffer) => () => ({
  decompress: async (bytes: Buffer) => decompress(bytes),
  compress: () => Promise.reject(new Error('this codec only decodes')),
});

const { CompressionCodecs, CompressionTypes } = kafkajs;

const snappyHeader = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0]);

/** Java's producers write chunks, each with its length, behind a header of 16 bytes; others write one block. */
const decodeSnappyChunks = (bytes: Buffer): Buffer => {
  if (!bytes.subarray(0, 8).equals(snappyHeader)) return Buffer.from(decodeSnappy(bytes));
  const chunks: Buffer[] = [];
  for (let at = 16; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    chunks.push(Buffer.from(decodeSnappy(bytes.subarray(at + 4, end))));
    at = end;
  }
  return Buffer.concat(chunks);
};

CompressionCodecs[CompressionTypes.ZSTD] = reads((bytes) => Buffer.from(decodeZstd(bytes)));
CompressionCodecs[CompressionTypes.LZ4] = reads(decodeLz4);
CompressionCodecs[CompressionTypes.Snappy] = reads(decodeSnappyChunks);
