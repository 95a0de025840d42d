import { createHash } from 'node:crypto';
import { parse, stringify } from 'uuid';

/**
 * The id of the payment of an order: derived from the order's alone, so that every message about the order names the same payment without
 * a lookup, and an order can never have two. A valid UUIDv7: the order's 48-bit timestamp, so it sorts where the order does, and for the
 * random bits a hash.
 */
export const paymentIdOf = (orderId: string): string => {
  const bytes = parse(orderId);
  bytes.set(
    createHash('sha256')
      .update(`payment:${stringify(bytes)}`)
      .digest()
      .subarray(0, 10),
    6,
  );
  bytes[6] = (bytes[6]! & 0x0f) | 0x70; // version 7
  bytes[8] = (bytes[8]! & 0x3f) | 0x80; // the variant of RFC 9562
  return stringify(bytes);
};
