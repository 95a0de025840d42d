import { z } from 'zod';
import { defineEvent, type EventOf } from './event.js';
import { PageQuery } from './paging.js';
import { QueryFlag } from './query.js';
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

/** What a third party's client may do. */
export const Scope = z.enum(['orders:read', 'orders:write', 'catalogue:write', 'reports:read']);
export type Scope = z.infer<typeof Scope>;

/** The scope of the platform's own clients: their tokens may do everything that the user may. */
export const platformScope = 'platform';

/** A user as other services see it: without a password. */
export const UserView = z
  .object({ id: z.uuid(), email: z.string(), fullName: z.string(), roles: z.array(Role), active: z.boolean(), createdAt: Timestamp })
  .meta({ id: 'User' });
export type UserView = z.infer<typeof UserView>;

/** A user registered. Once per user, keyed by the user's id. */
export const UserRegistered = defineEvent({ type: 'UserRegistered', version: 1, topic: 'identity.users', data: UserView });
export type UserRegistered = EventOf<typeof UserRegistered>;

const UserStatusChanged = z.object({ id: z.uuid(), active: z.boolean() });

/** An admin deactivated a user, who gets no tokens from then on. */
export const UserDeactivated = defineEvent({ type: 'UserDeactivated', version: 1, topic: 'identity.users', data: UserStatusChanged });
export type UserDeactivated = EventOf<typeof UserDeactivated>;

/** An admin activated a deactivated user. */
export const UserActivated = defineEvent({ type: 'UserActivated', version: 1, topic: 'identity.users', data: UserStatusChanged });
export type UserActivated = EventOf<typeof UserActivated>;

/**
 * A user deleted the account. Whoever has the user's personal data erases it. The last event of a user; it has no
 * personal data itself.
 */
export const UserErased = defineEvent({ type: 'UserErased', version: 1, topic: 'identity.users', data: z.object({ id: z.uuid() }) });
export type UserErased = EventOf<typeof UserErased>;

export const UserQuery = PageQuery.extend({
  q: Text().optional().describe('part of the name or the e-mail address, in any case'),
  role: Role.optional(),
  active: QueryFlag.optional(),
});
export type UserQuery = z.infer<typeof UserQuery>;

export const Language = z.enum(['en', 'de']);
export type Language = z.infer<typeof Language>;

/** The user's own account. */
export const AccountView = UserView.omit({ active: true })
  .extend({ language: Language, orderUpdates: z.boolean().describe('whether to get a mail when an order changes') })
  .meta({ id: 'Account' });
export type AccountView = z.infer<typeof AccountView>;

export const ChangeAccountRequest = z
  .strictObject({ fullName: Text().optional(), language: Language.optional(), orderUpdates: z.boolean().optional() })
  .meta({ id: 'ChangeAccountRequest' });
export type ChangeAccountRequest = z.infer<typeof ChangeAccountRequest>;

export const ChangePasswordRequest = z
  .strictObject({ currentPassword: z.string().min(1).max(200), newPassword: Password() })
  .meta({ id: 'ChangePasswordRequest' });
export type ChangePasswordRequest = z.infer<typeof ChangePasswordRequest>;

/** A sign-in that is still valid: of a browser, or of an application that the user allowed. */
export const SessionView = z
  .object({
    id: z.string(),
    client: z.string().describe('the name of the application'),
    signedInAt: Timestamp,
    lastUsedAt: Timestamp,
    userAgent: z.string().nullable(),
    current: z.boolean().describe('whether the access token of this request belongs to it'),
  })
  .meta({ id: 'Session' });
export type SessionView = z.infer<typeof SessionView>;

/** The client of a third party. */
export const ClientView = z
  .object({
    id: z.uuid(),
    name: z.string(),
    scopes: z.array(Scope),
    redirectUris: z.array(z.string()).describe('none: it acts for itself only, with client credentials'),
    createdAt: Timestamp,
  })
  .meta({ id: 'Client' });
export type ClientView = z.infer<typeof ClientView>;

export const ClientWithSecret = ClientView.extend({ secret: z.string().describe('shown once') }).meta({ id: 'ClientWithSecret' });
export type ClientWithSecret = z.infer<typeof ClientWithSecret>;

const redirectHosts = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?\//;

export const CreateClientRequest = z
  .strictObject({
    name: Text(),
    scopes: z.array(Scope).min(1).max(Scope.options.length),
    redirectUris: z
      .array(
        z
          .url()
          .max(200)
          .refine((uri) => (uri.startsWith('https://') || redirectHosts.test(uri)) && !uri.includes('#'), {
            error: 'must be an https address without a fragment; http is for this machine only',
          }),
      )
      .max(10)
      .default([])
      .describe('for logging in users by authorization code and PKCE'),
  })
  .meta({ id: 'CreateClientRequest' });
export type CreateClientRequest = z.infer<typeof CreateClientRequest>;

/** The access tokens that are no longer accepted: those of a subject with a smaller `account_version` than this. */
export const Revocations = z
  .object({ revocations: z.array(z.object({ subject: z.string(), minVersion: z.int() })) })
  .meta({ id: 'Revocations' });
export type Revocations = z.infer<typeof Revocations>;
