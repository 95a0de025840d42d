import type { RegisterRequest, Role } from '@orderstream/contracts';

type DemoUser = Omit<RegisterRequest, 'password'> & { id: string; roles: Role[] };

export const demoPassword = 'Pass123$';

/** The ids never change, so that scripts and tests can use them. */
export const demoUsers: DemoUser[] = [
  { id: '019b8000-0000-7000-8000-00000000a11c', email: 'alice@example.com', fullName: 'Alice Example', roles: ['shopper'] },
  { id: '019b8000-0000-7000-8000-000000000b0b', email: 'bob@example.com', fullName: 'Bob Example', roles: ['shopper'] },
  { id: '019b8000-0000-7000-8000-00000000ad01', email: 'admin@example.com', fullName: 'Ada Admin', roles: ['admin'] },
];
