import { Invalid, RegisterRequest, Unavailable } from '@orderstream/contracts';
import { type Api, api, idempotently, Reply } from '@orderstream/http';
import type { Database } from '@orderstream/persistence';
import { z } from 'zod';
import { languageOf } from '../pages/language.js';
import type { Register } from './register.js';

const Registered = z.object({ id: z.uuid().describe('of the user, once the address is confirmed') }).meta({ id: 'Registered' });

type Deps = { db: Database; register: Register };

export const registrationRoutes = ({ db, register }: Deps): Api =>
  api('Registration', '/identity').post(
    '/identity/register',
    {
      summary: 'Register an account',
      description:
        'The address gets a mail with a link, and the account exists once it was followed. The answer is the same for an address that has an ' +
        'account: its mail says so. A weak password is a 400 `password-weak` that names all that it lacks, one of under 8 characters an ' +
        '`invalid-request`. Too many concurrent requests are a 503 `overloaded` with `Retry-After`.',
      who: 'anyone',
      idempotent: true,
      body: RegisterRequest,
      answers: { 201: Registered },
      refusals: [
        new Invalid('password-weak', 'The password is too weak', { errors: [{ path: 'password', message: 'must have a digit' }] }),
        new Unavailable('overloaded', 'Too many requests of this kind at once; try again', { retryAfterSeconds: 1 }),
      ],
    },
    async (request) => {
      const record = await register(request.body, languageOf({ acceptLanguage: request.req.headers['accept-language'] }));
      const { password: _, ...body } = request.body; // stored as a fast hash, so without the password
      return idempotently(db, { ...request, body }, async (tx) => new Reply(201, { id: await record(tx) }));
    },
  );
