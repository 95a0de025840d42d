import {
  AccountView,
  ChangeAccountRequest,
  ChangePasswordRequest,
  Conflict,
  Invalid,
  NotFound,
  SessionView,
  Text,
  Unavailable,
} from '@orderstream/contracts';
import { type Api, api, clientIp, noContent } from '@orderstream/http';
import { type Database, inTransaction } from '@orderstream/persistence';
import { z } from 'zod';
import { endSignIns } from '../sessions/end-sign-ins.js';
import { accountView, findUser } from '../users/user-store.js';
import { accountMissing, changeAccount } from './change-account.js';
import { type ChangePassword, tooManyTries } from './change-password.js';
import type { EraseAccount } from './erase-account.js';
import { endSignIn, listSignIns } from './sign-ins.js';

const sessionMissing = (): NotFound => new NotFound('session-not-found', 'You have no such sign-in');

type Deps = { db: Database; changePassword: ChangePassword; eraseAccount: EraseAccount };

export const accountRoutes = ({ db, changePassword, eraseAccount }: Deps): Api =>
  api('Account', '/identity/me')
    .get(
      '/identity/me',
      { summary: 'Get the own account', who: 'user', answers: { 200: AccountView }, refusals: [accountMissing()] },
      async ({ user }) => {
        const account = await findUser(db, user.id);
        if (!account) throw accountMissing();
        return accountView(account);
      },
    )
    .patch(
      '/identity/me',
      {
        summary: 'Change the own name, the language of mails, and whether mails tell of orders',
        who: 'user',
        body: ChangeAccountRequest,
        answers: { 200: AccountView },
        refusals: [accountMissing()],
      },
      async ({ user, body }) => accountView(await changeAccount(db, user.id, body)),
    )
    .delete(
      '/identity/me',
      {
        summary: 'Delete the own account, and the personal data in all services',
        description: 'Orders that can still be cancelled are cancelled. What was paid stays in the books, without name and address.',
        who: 'user',
        answers: { 204: null },
        refusals: [accountMissing(), new Conflict('last-admin', 'The last admin cannot delete the own account')],
      },
      async ({ user, context }) => {
        await eraseAccount(user.id, context);
        return noContent();
      },
    )
    .put(
      '/identity/me/password',
      {
        summary: 'Change the own password',
        description: 'Ends all other sign-ins. The access token of this one has to be renewed, too.',
        who: 'user',
        body: ChangePasswordRequest,
        answers: { 204: null },
        refusals: [
          accountMissing(),
          new Invalid('password-wrong', 'The current password is another one', { in: 'body' }),
          new Invalid('password-weak', 'The password is too weak', { errors: [{ path: 'password', message: 'must have a digit' }] }),
          new Conflict('account-deactivated', 'This account is deactivated'),
          tooManyTries(60_000),
          new Unavailable('overloaded', 'Too many requests of this kind at once; try again', { retryAfterSeconds: 1 }),
        ],
      },
      async ({ user, body, req }) => {
        await changePassword({ userId: user.id, session: user.sessionId, ip: clientIp(req) }, body);
        return noContent();
      },
    )
    .get(
      '/identity/me/sessions',
      { summary: 'List the own sign-ins, the last used first', who: 'user', answers: { 200: z.array(SessionView) } },
      ({ user }) => listSignIns(db, user.id, user.sessionId),
    )
    .delete(
      '/identity/me/sessions',
      { summary: 'End all own sign-ins, this one too', who: 'user', answers: { 204: null } },
      async ({ user }) => {
        await inTransaction(db, (tx) => endSignIns(tx, user.id));
        return noContent();
      },
    )
    .delete(
      '/identity/me/sessions/:session',
      {
        summary: 'End one of the own sign-ins',
        description: 'Nothing can be renewed in it. Its last access token expires within 10 minutes.',
        who: 'user',
        params: z.object({ session: Text() }),
        answers: { 204: null },
        refusals: [sessionMissing()],
      },
      async ({ user, params }) => {
        if (!(await endSignIn(db, user.id, params.session))) throw sessionMissing();
        return noContent();
      },
    );
