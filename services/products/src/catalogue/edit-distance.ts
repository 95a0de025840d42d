/**
 * How many letters have to be changed, added, left out or swapped with their neighbour, to make `word` the beginning of
 * `other`: someone who types a part of a long word wants it found.
 *
 * @see the optimal string alignment distance; its last row has the distance to each beginning
 */
export const distanceToBeginning = (word: string, other: string): number => {
  const [from, to] = [[...word], [...other]];
  let [beforeLast, last] = [[] as number[], [0, ...to.map((_, index) => index + 1)]];
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      next[column] = Math.min(
        last[column]! + 1,
        next[column - 1]! + 1,
        last[column - 1]! + (isSame ? 0 : 1),
        isSwapped ? beforeLast[column - 2]! + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforeLast, last] = [last, next];
  }
  return Math.min(...last);
};
