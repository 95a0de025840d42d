import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 bits in base64url. Another value is not ours. */
const cookieForm = /^[\w-]{43}$/;

const tokenFor = (key: string, cookieValue: string): Buffer => createHmac('sha256', key).update(cookieValue).digest();

/**
 * The two halves of a signed double submit: a random cookie, and a token for the form that only we can make from it. A
 * cookie that the browser has already is used again, so that a form in another tab stays valid.
 *
 * @see OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Signed Double-Submit Cookie"
 */
export const newCsrf = (key: string, cookie?: string): { cookieValue: string; token: string } => {
  const cookieValue = cookie && cookieForm.test(cookie) ? cookie : randomBytes(32).toString('base64url');
  return { cookieValue, token: tokenFor(key, cookieValue).toString('base64url') };
};

/** Takes the same time for every wrong token of the right length. */
export const isCsrfValid = (key: string, cookieValue: unknown, token: unknown): boolean => {
  if (typeof cookieValue !== 'string' || typeof token !== 'string' || !cookieForm.test(cookieValue)) return false;
  const [expected, actual] = [tokenFor(key, cookieValue), Buffer.from(token, 'base64url')];
  return actual.length === expected.length && timingSafeEqual(actual, expected);
};
