import { z } from 'zod';

const whiteSpace = /\p{White_Space}/u;

/** Trims Unicode's white space. A regular expression would take quadratic time for a long run of blanks. */
const trimmed = (text: string): string => {
  let [from, to] = [0, text.length];
  while (from < to && whiteSpace.test(text[from]!)) from += 1;
  while (from < to && whiteSpace.test(text[to - 1]!)) to -= 1;
  return text.slice(from, to);
};

/**
 * A character that a reader sees: not a mark alone, nor a letter without a glyph (Hangul fillers, the blank of
 * Braille).
 */
const visible = /(?![\p{Default_Ignorable_Code_Point}\u2800])[\p{L}\p{N}\p{P}\p{S}]/u;

const controls = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const controlsButLines = /[^\P{Cc}\t\n\r]/u;

/** Lone surrogates, private use, noncharacters, a byte order mark, characters that reorder text, and tags. */
const noText = /[\p{Cs}\p{Co}\p{Noncharacter_Code_Point}\ufeff\u202a-\u202e\u2066-\u2069\u{E0000}-\u{E007F}]/u;

/** Flags of regions, such as England's, are spelled in tags. They are the only tags that are accepted. */
const regionFlags = /\u{1F3F4}[\u{E0020}-\u{E007E}]+\u{E007F}/gu;

const isLongerThan = (text: string, maxLength: number): boolean =>
  text.length > 2 * maxLength || (text.length > maxLength && [...text].length > maxLength);

type Rules = { minLength: number; maxLength: number; refused: RegExp };

/** Characters are code points, as JSON Schema counts them. */
const within = (schema: z.ZodString, { minLength, maxLength, refused }: Rules): z.ZodString =>
  schema
    .superRefine((text, context) => {
      const refuse = (message: string) => context.addIssue({ code: 'custom', message });
      if (isLongerThan(text, maxLength)) refuse(`must have at most ${maxLength} characters`);
      else if (minLength > 0 && !visible.test(text)) refuse('must not be blank');
      else if (!isLongerThan(text, minLength - 1)) refuse(`must have at least ${minLength} characters`);
      else if (refused.test(text)) refuse('must not contain control characters');
      else if (noText.test(text.replace(regionFlags, ''))) refuse('must not contain characters that reorder text, or are none');
    })
    .meta({ minLength, maxLength });

/**
 * A line of text from outside: trimmed, not blank, at most 200 characters, without characters that control or reorder
 * text.
 */
export const Text = (maxLength = 200) => within(z.string().overwrite(trimmed), { minLength: 1, maxLength, refused: controls });

/** Text of several lines, such as a description: at most 5 000 characters, may be empty. */
export const LongText = () => within(z.string(), { minLength: 0, maxLength: 5_000, refused: controlsButLines });

/** A password of 8 to 200 characters, not trimmed. */
export const Password = () => within(z.string(), { minLength: 8, maxLength: 200, refused: controls });

/** A time as the APIs show it: ISO 8601 in UTC. */
export const Timestamp = z.iso.datetime();
