import { expect } from 'chai';
import { z } from 'zod';
import { LongText, Password, Text } from './text.js';

const accepts = (schema: z.ZodType, text: string): boolean => schema.safeParse(text).success;
const codePoints = (...points: number[]): string => String.fromCodePoint(...points);
const named = (text: string): string => JSON.stringify(text).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);

describe('a line of text', () => {
  it('accepts names of all languages', () => {
    const names = [
      'Max Mustermann',
      'Zoë Łukasz Åse',
      'José', // composed
      'Jose\u0301', // decomposed
      'Αθηνά',
      'עברית',
      'שָׁלוֹם',
      'السلام عليكم',
      'می\u200cخواهم', // Persian, with a zero-width non-joiner
      'क्\u200dष', // Devanagari, with a zero-width joiner
      '東京',
      '서울',
      'กิน',
      '👩\u200d👩\u200d👧\u200d👦', // a family, joined
      '❤\ufe0f',
      '1\ufe0f\u20e3',
      '🇩🇪',
      '🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}', // England
      'soft\u00adhyphen',
      'a\u200eb', // a mark of direction that overrides nothing
      '1',
      '?',
    ];
    for (const name of names) expect(accepts(Text(), name), name).to.equal(true);
  });

  it('has at least one visible character', () => {
    const blanks = [
      '',
      ' ',
      '\t\n',
      '\u0085',
      '\u00a0',
      '\u2003',
      '\u3000',
      '\u00ad',
      '\u034f',
      '\u115f',
      '\u1160',
      '\u180e',
      '\u200b',
      '\u200c',
      '\u200d',
      '\u2060',
      '\u2800',
      '\u3164',
      '\ufe0f',
      '\ufeff',
      '\uffa0',
      '\u0301',
      '\u{E0041}',
      ' \u200b\u3164\u2800 ',
    ];
    for (const blank of blanks) expect(accepts(Text(), blank), named(blank)).to.equal(false);
  });

  it('refuses control characters, characters that reorder text and invalid characters', () => {
    const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);
    const refused = [
      ...range(0x00, 0x1f),
      ...range(0x7f, 0x9f),
      0x2028,
      0x2029,
      ...range(0x202a, 0x202e),
      ...range(0x2066, 0x2069),
      0xd800,
      0xdbff,
      0xdc00,
      0xdfff,
      0xe000,
      0xf8ff,
      0xfdd0,
      0xfeff,
      0xfffe,
      0xffff,
      0x1ffff,
      0xe0001,
      0xe0041,
      0xe007f,
      0xf0000,
      0x10ffff,
    ];
    for (const point of refused) expect(accepts(Text(), `a${codePoints(point)}b`), point.toString(16)).to.equal(false);
  });

  it('is trimmed of Unicode’s white space', () =>
    expect(Text().parse('\u3000\u00a0 \u0085\tMax  Mustermann\u2003\r\n')).to.equal('Max  Mustermann'));

  it('is at most 200 code points long', () => {
    for (const character of ['x', 'é', '東', '😀']) {
      expect(accepts(Text(), character.repeat(200)), character).to.equal(true);
      expect(accepts(Text(), character.repeat(201)), character).to.equal(false);
      expect(accepts(Text(20), character.repeat(20)), character).to.equal(true);
      expect(accepts(Text(20), character.repeat(21)), character).to.equal(false);
    }
    expect(accepts(Text(), ` ${'x'.repeat(200)} `)).to.equal(true);
  });

  it('is validated in linear time', () => {
    const begun = performance.now();
    for (const filler of [' ', '\u200b', '🏴', '\u{E0041}']) accepts(Text(), `${filler.repeat(300_000)}x`);
    expect(performance.now() - begun).to.be.below(1_000);
  });

  it('is refused with one message', () => {
    const messageOf = (text: unknown) =>
      Text()
        .safeParse(text)
        .error?.issues.map(({ message }) => message);
    expect(messageOf('')).to.deep.equal(['must not be blank']);
    expect(messageOf('x'.repeat(201))).to.deep.equal(['must have at most 200 characters']);
    expect(messageOf('a\u0000b')).to.deep.equal(['must not contain control characters']);
    expect(messageOf('a\u202eb')).to.deep.equal(['must not contain characters that reorder text, or are none']);
    expect(messageOf(7)).to.have.length(1);
  });

  it('has a JSON Schema with its lengths', () =>
    expect(z.toJSONSchema(Text(20).optional().describe('a code'))).to.include({
      type: 'string',
      minLength: 1,
      maxLength: 20,
      description: 'a code',
    }));
});

describe('a text of several lines', () => {
  it('may be empty, and contain line breaks and tabs', () => {
    for (const text of ['', 'a\nb\r\n\tc', 'a\u2028b']) expect(LongText().parse(text)).to.equal(text);
  });

  it('refuses all other characters that a line refuses', () => {
    for (const unit of ['\u0000', '\u000b', '\u001f', '\u007f', '\u0085', '\u009f', '\u202e', '\u2066', '\ud800', '\ue000', '\uffff'])
      expect(accepts(LongText(), `a${unit}b`), named(unit)).to.equal(false);
  });

  it('is at most 5 000 code points long', () => {
    for (const character of ['x', '😀']) {
      expect(accepts(LongText(), character.repeat(5_000))).to.equal(true);
      expect(accepts(LongText(), character.repeat(5_001))).to.equal(false);
    }
  });
});

describe('a password', () => {
  it('is not trimmed', () => expect(Password().parse(' Pass 123$ ')).to.equal(' Pass 123$ '));

  it('has 8 to 200 characters, without control or invalid characters', () => {
    for (const text of ['1234567', '😀'.repeat(7), 'x'.repeat(201), 'Pass123$\u0000', 'Pass123$\ud800'])
      expect(accepts(Password(), text), named(text)).to.equal(false);
  });
});
