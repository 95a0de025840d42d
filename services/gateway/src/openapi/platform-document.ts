import type { Service } from '../services.js';
import type { OpenApiDocument } from './document.js';
import { type MergeOptions, mergeDocuments } from './merge-documents.js';

type Options = MergeOptions & { services: readonly Service[]; timeoutMs?: number; keptMs?: number; now?: () => number };

/**
 * The merged document as JSON. The services' documents are fetched again when the last time is a few seconds ago, so a
 * service that is back is there again soon; they are merged again only when one has changed.
 */
export const platformDocument = ({ services, timeoutMs = 2_000, keptMs = 2_000, now = Date.now, ...merge }: Options) => {
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let current: Promise<Buffer> | undefined;
  let texts: readonly (string | undefined)[] = [];
  let merged = Buffer.alloc(0);

  const fetchText = async ({ url, segments }: Service): Promise<string | undefined> => {
    try {
      const answer = await fetch(new URL(`/${segments[0]}/openapi.json`, url), { signal: AbortSignal.timeout(timeoutMs) });
      return answer.ok ? await answer.text() : undefined;
    } catch {
      return undefined; // away: the document names it
    }
  };

  const refresh = async (): Promise<Buffer> => {
    const fetched = await Promise.all(services.map(fetchText));
    if (merged.length === 0 || fetched.some((text, index) => text !== texts[index])) {
      texts = fetched;
      const parts = services.map(({ name: service }, index) => ({ service, document: parsed(fetched[index]) }));
      merged = Buffer.from(JSON.stringify(mergeDocuments(parts, merge)));
    }
    return merged;
  };

  return (): Promise<Buffer> => {
    if (!current || now() - fetchedAt > keptMs) {
      fetchedAt = now();
      current = refresh();
    }
    return current;
  };
};

const parsed = (text: string | undefined): OpenApiDocument | undefined => {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as OpenApiDocument);
  } catch {
    return undefined;
  }
};
