import type { User } from './user.js';

export type Authenticator = {
  /** @throws Unauthenticated when the token does not hold, Unavailable when the issuer's keys cannot be read */
  verify(token: string): Promise<User>;
};

export declare const authenticator: (options: { issuer: string; audience: string; jwksUrl: string }) => Authenticator;
