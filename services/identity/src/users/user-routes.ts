import { Conflict, Page, UserQuery, UserView } from '@orderstream/contracts';
import { type Api, api } from '@orderstream/http';
import type { Database } from '@orderstream/persistence';
import { changeStatus, userMissing } from './change-status.js';
import { listUsers } from './list-users.js';
import { userView } from './user-store.js';

/** What an admin does with users. */
export const userRoutes = ({ db }: { db: Database }): Api =>
  api('Users', '/identity/users')
    .get(
      '/identity/users',
      { summary: 'List and search the users, newest first', who: 'admin', query: UserQuery, answers: { 200: Page(UserView) } },
      ({ query }) => listUsers(db, query),
    )
    .post(
      '/identity/users/:id/activate',
      { summary: 'Activate a user', who: 'admin', answers: { 200: UserView }, refusals: [userMissing()] },
      async ({ user, params, context }) => userView(await changeStatus(db, { userId: params.id, active: true, adminId: user.id, context })),
    )
    .post(
      '/identity/users/:id/deactivate',
      {
        summary: 'Deactivate a user',
        description: 'The user gets no tokens any more, and those that they have are refused within a minute.',
        who: 'admin',
        answers: { 200: UserView },
        refusals: [userMissing(), new Conflict('cannot-deactivate-yourself', 'You cannot deactivate yourself')],
      },
      async ({ user, params, context }) =>
        userView(await changeStatus(db, { userId: params.id, active: false, adminId: user.id, context })),
    );
