import { assetUrl } from '@orderstream/design';
import { type Html, html } from './html.js';
import type { Language } from './language.js';
import { de } from './words/de.js';
import { en, type Words } from './words/en.js';

export type Theme = 'light' | 'dark';

/** The theme that the cookie `theme` asks for. Without one the system decides. */
export const themeOf = (cookie: string | undefined): Theme | undefined => (cookie === 'light' || cookie === 'dark' ? cookie : undefined);

/** How a page is shown, whatever is on it. */
export type PageSettings = {
  language: Language;
  theme?: Theme | undefined;
  /** public path of the design's assets, such as `/api/identity/assets` */
  assetsPath: string;
  /** IANA name of the user's time zone; without it times are in UTC and say so */
  timeZone?: string | undefined;
};

const wordsByLanguage: Record<Language, Words> = { en, de };

export const wordsOf = ({ language }: PageSettings): Words => wordsByLanguage[language];

type Content = { title: string; main: Html; scripts?: string[] };

/** A whole document around one `<main>`. */
export const page = ({ language, theme, assetsPath }: PageSettings, { title, main, scripts = [] }: Content): string => {
  const asset = (name: string) => assetUrl(assetsPath, name);
  const { markup } = html`<!doctype html>
<html lang="${language}"${theme && html` data-theme="${theme}"`}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · ${wordsByLanguage[language].product}</title>
<link rel="icon" href="${asset('mark.svg')}">
${['tokens.css', 'base.css', 'forms.css'].map((name) => html`<link rel="stylesheet" href="${asset(name)}">`)}
${scripts.map((name) => html`<script src="${asset(name)}" defer></script>`)}
</head>
<body class="form-page">
<header class="brand"><svg class="mark" aria-hidden="true"><use href="${asset('sprite.svg')}#mark"/></svg>Orderstream</header>
<main>
<h1>${title}</h1>
${main}
</main>
</body>
</html>
`;
  return markup;
};
