export { type Answers, type Api, api, type MediaType, mediaType, parse, type RouteInput } from './api.js';
export { type Authenticator, authenticatorFrom } from './authenticator.js';
export { answerRaw, type HttpServer, type HttpServerOptions, httpServer } from './http-server.js';
export { type IdempotentRequest, idempotentBatcher, idempotently } from './idempotently.js';
export { HttpRefusal, problemOf } from './problem.js';
export { accepted, created, noContent, Reply } from './reply.js';
export { hasBody } from './request-syntax.js';
export { authorize, isAdmin, type User, type Who } from './user.js';
