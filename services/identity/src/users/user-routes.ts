import { Problem, RegisterRequest } from '@orderstream/contracts';
import { type Api, api, idempotently, Reply } from '@orderstream/http';
import type { Database } from '@orderstream/persistence';
import { z } from 'zod';
import type { RegisterUser } from './register-user.js';

const Registered = z.object({ id: z.uuid() }).meta({ id: 'Registered' });

type Deps = { db: Database; registerUser: RegisterUser };

export const userRoutes = ({ db, registerUser }: Deps): Api =>
  api('Users', '/identity').post(
    '/identity/register',
    {
      summary: 'Register an account',
      description:
        'A weak password is a 400 `password-weak` that names all that it lacks, one of under 8 characters an `invalid-request`. ' +
        'A taken e-mail is a 409 `email-taken`. Too many concurrent requests are a 503 `overloaded` with `Retry-After`.',
      who: 'anyone',
      idempotent: true,
      body: RegisterRequest,
      answers: { 201: Registered, 400: Problem, 409: Problem, 503: Problem },
    },
    async (request) => {
      const record = await registerUser(request.body);
      const { password: _, ...body } = request.body; // stored as a fast hash, so without the password
      return idempotently(db, { ...request, body }, async (tx) => {
        const { id } = await record(tx, request.context);
        return new Reply(201, { id });
      });
    },
  );
