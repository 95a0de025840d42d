import {
  type EventDefinition,
  type MessageContext,
  UserActivated,
  UserDeactivated,
  UserErased,
  UserRegistered,
} from '@orderstream/contracts';
import type { OutboxMessage } from '@orderstream/event-bridge';
import { type User, userView } from './user-store.js';

type Envelope = { id: string; occurredAt: Date; context: MessageContext };

const message = (definition: EventDefinition, { id, version }: User, data: unknown, envelope: Envelope): OutboxMessage => ({
  ...envelope,
  definition,
  aggregateId: id,
  aggregateVersion: version,
  data,
});

export const userRegistered = (user: User, envelope: Envelope): OutboxMessage => message(UserRegistered, user, userView(user), envelope);

/** Of a user whose `active` has changed. */
export const userStatusChanged = (user: User, envelope: Envelope): OutboxMessage =>
  message(user.active ? UserActivated : UserDeactivated, user, { id: user.id, active: user.active }, envelope);

export const userErased = (user: User, envelope: Envelope): OutboxMessage => message(UserErased, user, { id: user.id }, envelope);
