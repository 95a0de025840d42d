import { Unauthenticated } from '@orderstream/contracts';

/** The token of `Authorization: Bearer …`; undefined without the header. @throws Unauthenticated `token-invalid` */
export const bearerToken = (header: string | undefined): string | undefined => {
  if (header === undefined || header.trim() === '') return undefined;
  const [, token] = /^Bearer +([\w.~+/=-]+) *$/i.exec(header) ?? [];
  if (!token) throw new Unauthenticated('token-invalid', 'The Authorization header must be: Bearer <token>');
  return token;
};
