export { type Answers, type Api, api, type MediaType, mediaType, parse, type RouteInput, type Upload } from './api.js';
export { type Authenticator, authenticatorFrom } from './authenticator.js';
export type { Component, Host } from './component.js';
export {
  AuthConfig,
  DatabaseConfig,
  ElasticsearchConfig,
  envBoolean,
  envInt,
  envList,
  envNumber,
  envUrl,
  HttpConfig,
  KafkaConfig,
  loadConfig,
  NatsConfig,
  ProcessConfig,
} from './config.js';
export { childContext, currentContext, newContext, runWithContext } from './context.js';
export { isElasticsearchOutage } from './elasticsearch-outage.js';
export { answerRaw, type HttpServer, type HttpServerOptions, httpServer } from './http-server.js';
export { idempotencyKeyOf } from './idempotency-key.js';
export { limiter } from './limiter.js';
export { createLogger, currentChangeLog, currentLog, type Logger, setCurrentLog } from './log.js';
export { HttpRefusal, problemOf } from './problem.js';
export { accepted, bytes, created, noContent, Reply } from './reply.js';
export { hasBody } from './request-syntax.js';
export { createHost, runService, type ServiceHost } from './run-service.js';
export { childTraceparent, parseTraceparent, traceIdOf } from './traceparent.js';
export { isConflict, isTimeout, isTransient } from './transient.js';
export { authorize, isAdmin, type User, type Who } from './user.js';
