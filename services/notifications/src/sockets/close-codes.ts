/** Why the server ends a WebSocket. 4401 and 4408 follow HTTP's 401 and 408. */
export const closeCodes = {
  /** more frames than allowed */
  policyViolation: 1008,
  /** the instance stops, or cannot go on where it is: reconnect and resume */
  restart: 1012,
  /** does not read fast enough, or cannot be served at present: come back later and resume */
  tryAgainLater: 1013,
  /** no token, a bad one, or one that has expired: come back with a fresh one */
  unauthenticated: 4401,
  /** did not authenticate in time */
  authenticateTimeout: 4408,
} as const;
export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];
