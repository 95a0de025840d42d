/** The reasons why the server closes a WebSocket. 4401 and 4408 follow HTTP's 401 and 408. */
export const closeCodes = {
  /** more frames than allowed */
  policyViolation: 1008,
  /** the instance stops, or its stream is interrupted: reconnect and resume */
  restart: 1012,
  /** the client reads too slowly, or a server is unavailable: reconnect later and resume */
  tryAgainLater: 1013,
  /** no token, an invalid one or an expired one: reconnect with a fresh one */
  unauthenticated: 4401,
  /** did not authenticate in time */
  authenticateTimeout: 4408,
} as const;
export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];
