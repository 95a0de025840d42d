/**
 * Lets many callers share a question: who asks while one is under way gets the answer of the next, which is asked once that is done. So at most
 * one is under way, and no answer is older than the call.
 */
export const shared = <Answer>(ask: () => Promise<Answer>): (() => Promise<Answer>) => {
  let underWay: Promise<unknown> | undefined;
  let next: Promise<Answer> | undefined;

  const begin = (): Promise<Answer> => {
    next = undefined;
    const answer = ask();
    underWay = answer;
    const over = (): void => {
      if (underWay === answer) underWay = undefined;
    };
    answer.then(over, over);
    return answer;
  };

  return () => {
    if (!underWay) return begin();
    next ??= underWay.then(begin, begin);
    return next;
  };
};
