import { Revocations as RevocationList } from '@orderstream/contracts';
import { currentLog } from '@orderstream/service-host';

export type Revocations = {
  /** Whether the tokens of this subject are revoked that are older than `version` of the account, or as old. */
  isRevoked(subject: string, version: number): Promise<boolean>;
};

type FetchRevocations = () => Promise<ReadonlyMap<string, number>>;

/** Fetches the issuer's list of revoked tokens: the least version that is accepted, by subject. */
export const fetchRevocationsFrom = (url: string): FetchRevocations => {
  return async () => {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
    const { revocations } = RevocationList.parse(await answer.json());
    return new Map(revocations.map(({ subject, minVersion }) => [subject, minVersion]));
  };
};

const refreshAfterMs = 10_000;
const maxAgeMs = 40_000;
const failurePauseMs = 5_000;

/**
 * The issuer's revocations, at most 40 s old: a list is refreshed in the background after 10 s, and an older one than
 * 40 s before it is used. While the issuer does not answer, the last list stays: its tokens expire soon.
 */
export const revocations = (fetchAll: FetchRevocations, now: () => number = Date.now): Revocations => {
  let least: ReadonlyMap<string, number> = new Map();
  let readAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  const read = (): Promise<void> => {
    reading ??= fetchAll()
      .then(
        (fetched) => {
          least = fetched;
          readAt = now();
        },
        (error: unknown) => {
          failedAt = now();
          currentLog().warn({ err: error }, 'revocations not read');
        },
      )
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };

  return {
    isRevoked: async (subject, version) => {
      const age = now() - readAt;
      if (age > refreshAfterMs && now() - failedAt > failurePauseMs) {
        const refreshed = read();
        if (age > maxAgeMs) await refreshed;
      }
      return version < (least.get(subject) ?? 0);
    },
  };
};
