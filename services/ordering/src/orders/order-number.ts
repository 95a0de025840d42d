const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * An order number that a person can read aloud: the id's last 50 bits, which are random, as `XXXXX-XXXXX` without I, L,
 * O and U.
 *
 * @see D. Crockford, Base 32
 */
export const orderNumberOf = (orderId: string): string => {
  const random = BigInt(`0x${orderId.replaceAll('-', '').slice(-13)}`);
  const digits = Array.from({ length: 10 }, (_, index) => crockford[Number((random >> BigInt(45 - 5 * index)) & 31n)]).join('');
  return `${digits.slice(0, 5)}-${digits.slice(5)}`;
};
