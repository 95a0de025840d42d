/** The reasons why the server closes a WebSocket. 4401, 4403 and 4408 follow HTTP's 401, 403 and 408. */
export const closeCodes = {
  /** more frames than allowed */
  policyViolation: 1008,
  /** the instance stops, or its stream is interrupted: reconnect and resume */
  restart: 1012,
  /** the client reads too slowly, or a server is unavailable: reconnect later and resume */
  tryAgainLater: 1013,
  /** no token, an invalid, expired or revoked one: reconnect with a fresh one */
  unauthenticated: 4401,
  /** the token lacks the scope: a fresh one of the same kind is refused as well */
  forbidden: 4403,
  /** did not authenticate in time */
  authenticateTimeout: 4408,
} as const;
export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];
