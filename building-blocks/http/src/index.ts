export { type Api, api, mediaType, type RouteInput } from './api.js';
export { type Authenticator, authenticatorFrom } from './authenticator.js';
export { bearerToken } from './bearer-token.js';
export { answerRaw, type HttpServer, httpServer } from './http-server.js';
export { type IdempotentRequest, idempotentBatcher, idempotently } from './idempotently.js';
export { HttpRefusal } from './problem.js';
export { accepted, created, noContent, Reply } from './reply.js';
export { hasBody } from './request-syntax.js';
export { isAdmin, type User } from './user.js';
