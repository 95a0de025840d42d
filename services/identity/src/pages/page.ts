import type { Language } from '@orderstream/contracts';
import { assetUrl } from '@orderstream/design';
import { type Html, html } from './html.js';
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

/** An icon of the design's sprite. It says nothing that the words beside it do not. */
export const icon = ({ assetsPath }: PageSettings, name: string, classes = ''): Html =>
  html`<svg class="icon ${classes}" aria-hidden="true"><use href="${assetUrl(assetsPath, 'sprite.svg')}#${name}"/></svg>`;

/** What a page without a form is about, as an icon before its title. */
type Tone = 'info' | 'good' | 'bad';
const iconOf: Record<Tone, string> = { info: 'mail', good: 'circle-check', bad: 'triangle-alert' };

type Content = { title: string; tone?: Tone; main: Html; scripts?: string[] };

/** A whole document around one `<main>`. */
export const page = (settings: PageSettings, { title, tone, main, scripts = [] }: Content): string => {
  const { language, theme, assetsPath } = settings;
  const asset = (name: string) => assetUrl(assetsPath, name);
  const { markup } = html`<!doctype html>
<html lang="${language}"${theme && html` data-theme="${theme}"`}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · ${wordsOf(settings).product}</title>
<link rel="icon" href="${asset('mark.svg')}">
${['tokens.css', 'base.css', 'forms.css'].map((name) => html`<link rel="stylesheet" href="${asset(name)}">`)}
${scripts.map((name) => html`<script src="${asset(name)}" defer></script>`)}
</head>
<body class="form-page">
<header class="brand"><svg class="mark" aria-hidden="true"><use href="${asset('sprite.svg')}#mark"/></svg>${wordsOf(settings).product}</header>
<main>
<h1>${tone && icon(settings, iconOf[tone], `icon-20 tone-${tone}`)}${title}</h1>
${main}
</main>
</body>
</html>
`;
  return markup;
};
