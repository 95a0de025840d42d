import { Language } from '@orderstream/contracts';

const supported = (tag: string): Language | undefined =>
  Language.options.find((language) => language === tag.toLowerCase().split('-', 1)[0]);

const firstSupported = (tags: readonly string[]): Language | undefined => tags.map(supported).find((language) => language !== undefined);

/** The tags of an Accept-Language header (RFC 9110, 12.5.4), the most wanted first, without the unwanted ones. */
const wanted = (acceptLanguage: string): string[] =>
  acceptLanguage
    .split(',')
    .map((entry) => {
      const [tag = '', ...parameters] = entry.split(';').map((part) => part.trim());
      const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
      return { tag, quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((one, other) => other.quality - one.quality)
    .map(({ tag }) => tag);

type Wishes = {
  /** OpenID Connect's `ui_locales`: tags with blanks between them, in the order of preference */
  uiLocales?: string | undefined;
  /** the value of the cookie `language` */
  cookie?: string | undefined;
  acceptLanguage?: string | undefined;
};

/** The language of the pages: what the client asked for, then what the user chose, then what the browser prefers; else English. */
export const languageOf = ({ uiLocales = '', cookie = '', acceptLanguage = '' }: Wishes): Language =>
  firstSupported([...uiLocales.split(' '), cookie, ...wanted(acceptLanguage)]) ?? 'en';
