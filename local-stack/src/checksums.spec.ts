import { expect } from 'chai';
import { differences, parseChecksums } from './checksums.js';

const one = 'a'.repeat(64);
const other = 'b'.repeat(64);

describe('checksums', () => {
  it('are parsed in the format of sha256sum', () => {
    expect(parseChecksums(`${one}  kafka/a.jar\n${other} *kafka/b c.jar\n`)).to.deep.equal(
      new Map([
        ['kafka/a.jar', one],
        ['kafka/b c.jar', other],
      ]),
    );
  });

  it('are refused with a malformed line', () => {
    expect(() => parseChecksums('abc  kafka/a.jar')).to.throw('not a checksum line: abc  kafka/a.jar');
  });

  it('match when every file exists and equals its pin', () => {
    expect(differences(new Map([['a', one]]), new Map([['a', one]]))).to.deep.equal([]);
  });

  it('name files that differ, are not pinned, or are missing', () => {
    const found = new Map([
      ['a', one],
      ['b', one],
    ]);
    const pinned = new Map([
      ['a', other],
      ['c', one],
    ]);
    expect(differences(found, pinned)).to.deep.equal(['a has another checksum than the pinned one', 'b is not pinned', 'c is missing']);
  });
});
