/** Markup that is already safe: a hole of `html` takes it as it is. */
export class Html {
  constructor(readonly markup: string) {}

  toString(): string {
    return this.markup;
  }
}

type Hole = Html | string | number | false | undefined | readonly Hole[];

const escapeText = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const filled = (hole: Hole): string => {
  if (hole === undefined || hole === false) return '';
  if (hole instanceof Html) return hole.markup;
  return typeof hole === 'object' ? hole.map(filled).join('') : escapeText(String(hole));
};

/**
 * A template of HTML whose holes are text. Nested `html` is not escaped, a list is joined, `undefined` and `false` are
 * left out. An attribute's value has to be quoted.
 */
export const html = ([first = '', ...rest]: TemplateStringsArray, ...holes: Hole[]): Html =>
  new Html(first + rest.map((text, index) => filled(holes[index]) + text).join(''));
