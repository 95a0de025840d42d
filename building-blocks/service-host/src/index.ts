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
} from './config.js';
export { childContext, currentContext, newContext, runWithContext } from './context.js';
export { createLogger, currentChangeLog, currentLog, type Logger, setCurrentLog } from './log.js';
export { createHost, runService, type ServiceHost } from './run-service.js';
export { traceIdOf } from './traceparent.js';
