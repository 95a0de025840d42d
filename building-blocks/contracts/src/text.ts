import { z } from 'zod';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const noControlCharacters = /^[^\u0000-\u001f\u007f]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above, but a description may have lines
const noControlCharactersButLines = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$/;

/** A line of text from outside: not blank, at most 200 characters, no control characters. */
export const Text = (maxLength = 200) =>
  z.string().trim().min(1).max(maxLength).regex(noControlCharacters, 'must not contain control characters');

/** Text of several lines, such as a description: at most 5 000 characters, may be empty. */
export const LongText = () => z.string().max(5_000).regex(noControlCharactersButLines, 'must not contain control characters');

/** A time as the APIs show it: ISO 8601 in UTC. */
export const Timestamp = z.iso.datetime();
