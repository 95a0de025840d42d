import { Invalid, Unavailable } from '@orderstream/contracts';
import { expect } from 'chai';
import { hashPassword, refuseWeakPassword, verifyPassword } from './password.js';

const weakness = (password: string): string[] => {
  try {
    refuseWeakPassword(password, 'alice@example.com');
    return [];
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    expect(error.code).to.equal('password-weak');
    return (error.details.errors ?? []).map(({ message }) => message);
  }
};

describe('a password', () => {
  it('is strong with eight characters of the required kinds', () => expect(weakness('Pass123$')).to.deep.equal([]));

  it('is refused with all of its weaknesses', () => {
    expect(weakness('abc')).to.have.length(4);
    expect(weakness('Password1')).to.deep.equal(['must have a character that is neither letter nor digit']);
    expect(weakness('12345678$')).to.deep.equal(['must have a letter']);
    expect(weakness('aaaaaaa1$')).to.deep.equal(['must have at least 5 different characters']);
    expect(weakness('x1$alice@example.com')).to.deep.equal(['must not contain the e-mail address']);
  });

  it('is stored as an argon2id hash with a salt of its own, and verified against it', async () => {
    const [one, other] = await Promise.all([hashPassword('Pass123$'), hashPassword('Pass123$')]);
    expect(one).to.match(/^\$argon2id\$v=19\$m=12288,t=3,p=1\$/);
    expect(one).not.to.equal(other);
    expect(await verifyPassword(one, 'Pass123$')).to.equal(true);
    expect(await verifyPassword(one, 'pass123$')).to.equal(false);
  });

  it('is not hashed while too many others are, and is hashed again afterwards', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 60 }, () => hashPassword('Pass123$')));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refused).to.have.length(9);
    for (const reason of refused) expect(reason).to.be.instanceOf(Unavailable).and.have.property('code', 'overloaded');
    await hashPassword('Pass123$');
  });
});
