import { randomUUID } from 'node:crypto';
import type { OrderView } from '@orderstream/contracts';

type Line = { productId: string; name: string; quantity: number; amount: number; currency?: string };

const lineOf = ({ productId, name, quantity, amount, currency = 'EUR' }: Line): OrderView['lines'][number] => ({
  productId,
  name,
  unitPrice: { amount, currency },
  quantity,
  lineTotal: { amount: amount * quantity, currency },
});

/** For specs: an order with the given fields, and fixed values for the rest. */
export const order = ({
  lines = [{ productId: randomUUID(), name: 'Lamp', quantity: 1, amount: 1990 }],
  ...rest
}: Partial<Omit<OrderView, 'lines'>> & { lines?: Line[] } = {}): OrderView => {
  const parsed = lines.map(lineOf);
  const currency = parsed[0]?.lineTotal.currency ?? 'EUR';
  return {
    id: randomUUID(),
    orderNumber: 'A-1',
    customerId: randomUUID(),
    status: 'Placed',
    lines: parsed,
    total: { amount: parsed.reduce((sum, { lineTotal }) => sum + lineTotal.amount, 0), currency },
    address: { fullName: 'Ada Lovelace', street: '12 Example Street', city: 'London', postalCode: 'N1 1AA', country: 'GB' },
    paymentMethod: 'tok_approved',
    placedAt: '2026-01-05T10:15:00.000Z',
    pendingUntil: '2026-01-05T10:25:00.000Z',
    onHold: false,
    version: 1,
    ...rest,
  };
};
