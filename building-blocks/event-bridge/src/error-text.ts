const maxLength = 10_000;
const maxCauses = 5;

/** The messages of an error and its causes, as a `storable` text. Accepts any thrown value. */
export const errorText = (error: unknown): string => storable(describe(error, maxCauses));

/** A text that the database accepts: no NUL, no lone surrogate, at most 10 000 characters. */
export const storable = (text: string): string => {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}… (${text.length} characters)` : text;
  return Buffer.from(cut).toString().replaceAll('\0', '\\0');
};

const describe = (error: unknown, causes: number): string => {
  try {
    if (!(error instanceof Error)) return String(error);
    return `${error.name}: ${error.message}${error.cause && causes > 0 ? ` (${describe(error.cause, causes - 1)})` : ''}`;
  } catch {
    return 'an error that cannot be shown';
  }
};
