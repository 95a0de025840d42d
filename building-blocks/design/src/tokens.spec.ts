import { expect } from 'chai';
import { designAssets } from './index.js';

const tokens = designAssets.get('tokens.css')!.body.toString();
const themes = ['light', 'dark'] as const;
const grounds = ['canvas', 'surface', 'sunken', 'raised', 'hover', 'row-on'];
const states = ['info', 'hold', 'good', 'bad', 'idle'];
const texts = ['ink', 'ink-2', 'ink-3', 'accent', ...states];

/** A token's colour in a theme, as `#rrggbb`. */
const colour = (name: string, theme: (typeof themes)[number]): string => {
  const [, light, dark] = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\);`).exec(tokens) ?? expect.fail(`no colour ${name}`);
  return (theme === 'light' ? light : dark)!;
};

/** @see WCAG 2.2, "relative luminance" */
const luminance = (hex: string): number => {
  const [red, green, blue] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((channel) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
};

/** @see WCAG 2.2, "contrast ratio" */
const contrast = (one: string, other: string): number => {
  const [brighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (brighter + 0.05) / (darker + 0.05);
};

/** The pairs `[on top, below]` of tokens whose contrast is too low. */
const tooLow = (theme: (typeof themes)[number], pairs: string[][], atLeast: number): string[] =>
  pairs.flatMap(([top = '', ground = '']) => {
    const ratio = contrast(colour(top, theme), colour(ground, theme));
    return ratio < atLeast ? [`${top} on ${ground}: ${ratio.toFixed(2)}`] : [];
  });

const onEach = (tops: string[]): string[][] => tops.flatMap((top) => grounds.map((ground) => [top, ground]));

describe('the colours', () => {
  it('contrast as WCAG computes it', () => {
    expect(contrast('#ffffff', '#000000')).to.equal(21);
    expect(contrast('#777777', '#ffffff')).to.be.closeTo(4.48, 0.005);
  });

  for (const theme of themes) {
    it(`make text readable on every ground in the ${theme} theme`, () => expect(tooLow(theme, onEach(texts), 4.5)).to.be.empty);

    it(`make states, selections and buttons readable in the ${theme} theme`, () => {
      const tinted = [...states, 'accent'].map((name) => [name, `${name}-tint`]);
      const filled = ['ink', 'accent'].map((name) => [`on-${name}`, name]);
      expect(tooLow(theme, [...tinted, ...filled], 4.5)).to.be.empty;
    });

    it(`show the edge of an input, and the focus, in the ${theme} theme`, () =>
      expect(tooLow(theme, onEach(['control', 'accent']), 3)).to.be.empty);
  }
});
