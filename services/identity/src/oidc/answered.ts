import { isTransient } from '@orderstream/async';
import { errors } from 'oidc-provider';

/** SQLSTATEs for text that PostgreSQL cannot hold, such as one with a zero character: as a value, and within JSON. */
const noText = new Set<unknown>(['22021', '22P05']);

/**
 * Does what a request asks of the database, and fails in OAuth's words: what is no text is the caller's fault, a
 * database that is away or busy is worth another try.
 */
export const answered = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work();
  } catch (cause) {
    if (noText.has((cause as { code?: unknown }).code)) throw new errors.InvalidRequest('a parameter has characters that no text has');
    if (!isTransient(cause)) throw cause;
    const error = new errors.CustomOIDCProviderError('temporarily_unavailable', 'try again');
    throw Object.assign(error, { statusCode: 503, cause });
  }
};
