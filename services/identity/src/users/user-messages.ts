import { type MessageContext, UserRegistered } from '@orderstream/contracts';
import type { OutboxMessage } from '@orderstream/event-bridge';
import { type User, userView } from './user-store.js';

export const userRegistered = (id: string, user: User, context: MessageContext): OutboxMessage => ({
  id,
  definition: UserRegistered,
  aggregateId: user.id,
  aggregateVersion: user.version,
  occurredAt: user.createdAt,
  context,
  data: userView(user),
});
