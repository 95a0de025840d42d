import { z } from 'zod';
import { defineEvent, type EventOf } from './event.js';
import { Password, Text, Timestamp } from './text.js';

export const Role = z.enum(['shopper', 'admin']);
export type Role = z.infer<typeof Role>;

export const RegisterRequest = z
  .strictObject({
    email: z.email().max(200).toLowerCase(),
    password: Password().describe(
      'at least 8 characters, with a letter, a digit, another character and five different ones; without the e-mail address',
    ),
    fullName: Text(),
  })
  .meta({ id: 'RegisterRequest' });
export type RegisterRequest = z.infer<typeof RegisterRequest>;

/** A user as other services see it: without a password. */
export const UserView = z
  .object({ id: z.uuid(), email: z.string(), fullName: z.string(), roles: z.array(Role), active: z.boolean(), createdAt: Timestamp })
  .meta({ id: 'User' });
export type UserView = z.infer<typeof UserView>;

/** A user registered. Once per user, keyed by the user's id. */
export const UserRegistered = defineEvent({ type: 'UserRegistered', version: 1, topic: 'identity.users', data: UserView });
export type UserRegistered = EventOf<typeof UserRegistered>;
