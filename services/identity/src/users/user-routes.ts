import { Problem, RegisterRequest } from '@orderstream/contracts';
import { idempotently } from '@orderstream/persistence';
import { type Api, api, Reply } from '@orderstream/service-host';
import type { Knex } from 'knex';
import { z } from 'zod';
import type { RegisterUser } from './register-user.js';

const Registered = z.object({ id: z.uuid() }).meta({ id: 'Registered' });

export const userRoutes = ({ db, registerUser }: { db: Knex; registerUser: RegisterUser }): Api =>
  api('Users', '/identity').post(
    '/identity/register',
    {
      summary: 'Open an account',
      who: 'anyone',
      idempotent: true,
      body: RegisterRequest,
      answers: { 201: Registered, 400: Problem, 409: Problem },
    },
    async (request) => {
      const record = await registerUser(request.body);
      const { password: _, ...body } = request.body; // what the key is compared by is stored, as a quick hash: nothing for a password
      return idempotently(db, { ...request, body }, async (tx) => {
        const { id } = await record(tx, request.context);
        return new Reply(201, { id });
      });
    },
  );
