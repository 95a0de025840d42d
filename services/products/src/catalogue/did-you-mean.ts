import type { Transaction } from '@orderstream/persistence';
import { distanceToBeginning } from './edit-distance.js';
import { facetsOf } from './facets.js';
import { containing, type Filters, type Search, searchOf } from './search.js';

const maxWords = 5;

/** How alike a name's word has to be, by their trigrams: two swapped letters leave little of a short word. */
const likeness = 0.2;

/** Each try of the index is for one word; of the names that it finds, the most alike are compared letter by letter. */
const maxNames = 300;

const allowedDistance = (word: string): number => {
  if (word.length < 3) return 0;
  return word.length < 6 ? 1 : 2;
};

const isKnown = async (tx: Transaction, word: string): Promise<boolean> =>
  (await tx.query('select from products where search_name like $1 and deleted_at is null limit 1', [containing(word)])).rows.length > 0;

type Candidate = { word: string; folded: string };

const atEnds = /^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu;

/** The word of the products' names that is the nearest to an unknown one, as the shop spells it. */
const nearest = async (tx: Transaction, unknown: string): Promise<string | undefined> => {
  const { rows } = await tx.query<Candidate>(
    `with alike as (
       select name from products where search_name %> $1 and deleted_at is null
        order by word_similarity($1, search_name) desc, search_name limit $2)
     select distinct word, folded(word) as folded from alike, regexp_split_to_table(name, '\\s+') as word`,
    [unknown, maxNames],
  );
  const near = rows
    .map(({ word, folded }) => ({ word: word.replace(atEnds, '').toLowerCase(), folded: folded.replace(atEnds, '') }))
    .map((candidate) => ({ ...candidate, distance: distanceToBeginning(unknown, candidate.folded) }))
    .filter(({ distance }) => distance <= allowedDistance(unknown));
  near.sort((a, b) => a.distance - b.distance || a.folded.length - b.folded.length || (a.folded < b.folded ? -1 : 1));
  return near[0]?.word;
};

/** Another search that finds something with the same filters, for one that finds nothing because of a typo. */
export const didYouMean = async (tx: Transaction, { words }: Search, filters: Filters): Promise<string | undefined> => {
  if (words.length > maxWords) return undefined;
  await tx.query(`select set_config('pg_trgm.word_similarity_threshold', $1, true)`, [String(likeness)]);
  const meant: string[] = [];
  for (const word of words) {
    const known = (await isKnown(tx, word)) ? word : await nearest(tx, word);
    if (known === undefined) return undefined;
    meant.push(known);
  }
  const suggestion = meant.join(' ');
  if (suggestion === words.join(' ')) return undefined;
  const { total } = await facetsOf(tx, await searchOf(tx, suggestion), filters);
  return total > 0 ? suggestion : undefined;
};
