import { expect } from 'chai';
import { distanceToBeginning } from './edit-distance.js';

describe('the distance to the beginning of a word', () => {
  const distances: [word: string, other: string, distance: number][] = [
    ['lamp', 'lamp', 0],
    ['lam', 'lampshade', 0],
    ['lamb', 'lamp', 1],
    ['lapm', 'lamp', 1],
    ['lmp', 'lamp', 1],
    ['laamp', 'lamp', 1],
    ['kuhcen', 'kuchenwaage', 1],
    ['kettel', 'kettle', 1],
    ['hedphnes', 'headphones', 2],
    ['lamp', 'rug', 4],
    ['lamp', '', 4],
    ['', 'lamp', 0],
  ];
  for (const [word, other, distance] of distances)
    it(`is ${distance} from "${word}" to "${other}"`, () => expect(distanceToBeginning(word, other)).to.equal(distance));
});
