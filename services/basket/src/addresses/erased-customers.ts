import { UserErased } from '@orderstream/contracts';
import { project } from '@orderstream/event-bridge';
import { eraseCustomers } from './addresses.js';

export const erasedCustomers = project([UserErased], (tx, events) =>
  eraseCustomers(
    tx,
    events.map(({ data: { id } }) => id),
  ),
);
