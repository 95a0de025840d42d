import { Invalid, PreconditionFailed } from '@orderstream/contracts';
import { expect } from 'chai';
import { etagOf, requireVersion } from './etag.js';

const check = (ifMatch: string | undefined) => () => requireVersion(ifMatch, 3, 'changed', { version: 3 });

describe('If-Match', () => {
  for (const ifMatch of [undefined, '*', etagOf(3), '"1", "3"']) it(`lets a change pass as ${ifMatch}`, () => check(ifMatch)());

  for (const ifMatch of ['"2"', 'W/"3"', '"33"'])
    it(`refuses a change as ${ifMatch}, with what is there now`, () =>
      expect(check(ifMatch))
        .to.throw(PreconditionFailed)
        .that.deep.includes({ code: 'changed', details: { current: { version: 3 } } }));

  for (const ifMatch of ['', '3', '"3'])
    it(`is invalid as ${JSON.stringify(ifMatch)}`, () => expect(check(ifMatch)).to.throw(Invalid).with.property('code', 'invalid-request'));
});
