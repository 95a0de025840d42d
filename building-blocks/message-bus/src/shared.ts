/**
 * Shares requests between callers. At most one request is in flight; callers that arrive meanwhile share the next one.
 * So no answer is older than its call.
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
