import { isTransient } from '@orderstream/async';
import { errors } from 'oidc-provider';

/** SQLSTATEs for text that PostgreSQL cannot store, such as a zero character: in a value, and within JSON. */
const noText = new Set<unknown>(['22021', '22P05']);

/**
 * Runs a query of a request, and maps its failures to OAuth errors: invalid text is the caller's fault; while the
 * database is down or busy, a retry may succeed.
 */
export const answered = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work();
  } catch (cause) {
    if (noText.has((cause as { code?: unknown }).code)) throw new errors.InvalidRequest('a parameter has invalid characters');
    if (!isTransient(cause)) throw cause;
    const error = new errors.CustomOIDCProviderError('temporarily_unavailable', 'try again');
    throw Object.assign(error, { statusCode: 503, cause });
  }
};
