import { createHash } from 'node:crypto';
import { parse, stringify } from 'uuid';

/**
 * The id of an order's payment, derived from the order's id. So every message about the order names the payment without
 * a lookup, and an order cannot have two payments. It is a valid UUIDv7: the order's 48-bit timestamp, so it sorts like
 * the order, and a hash for the random bits.
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
