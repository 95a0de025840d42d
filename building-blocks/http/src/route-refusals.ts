import { Invalid, Refusal } from '@orderstream/contracts';
import { paramNames, parsePart, type Route } from './api.js';
import { bodyErrors, dependencyUnavailable } from './problem.js';
import {
  issuerUnavailable,
  keyReused,
  malformedRequest,
  requestInProgress,
  roleMissing,
  scopeMissing,
  tokenExpired,
  tokenInvalid,
  tokenMissing,
  tokenRevoked,
  unsupportedMediaType,
} from './refusals.js';

/** What the route's own schemas say of a request that they refuse. */
const invalidRequest = ({ path, params, query, body }: Route): Refusal => {
  const wrong = Object.fromEntries(paramNames(path).map((name) => [name, '17']));
  return (
    (body && refusalOf(() => parsePart('body', body, {}))) ??
    refusalOf(() => parsePart('path', params, wrong)) ??
    refusalOf(() => parsePart('query', query, { unknown: '' })) ??
    new Invalid('invalid-request', 'The request is invalid')
  );
};

const refusalOf = (parse: () => unknown): Refusal | undefined => {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
};

/** What a body of bytes can be refused for before the handler sees it. */
const ofBytes = ['entity.too.large', 'encoding.unsupported', 'request.size.invalid', 'request.aborted'];

/** An example of each refusal of a route: those of the HTTP edge, and those that the route declares. */
export const refusalsOf = (route: Route): Refusal[] => {
  const { who, scope, body, upload, idempotent, refusals } = route;
  return [
    invalidRequest(route),
    malformedRequest('The request must name one host'),
    ...(upload ? ofBytes.map((type) => bodyErrors[type]!()) : []),
    ...(body ? [...Object.values(bodyErrors).map((refuse) => refuse()), unsupportedMediaType()] : []),
    ...(who === 'anyone' || who === 'visitor' ? [] : [tokenMissing()]),
    ...(who === 'anyone' ? [] : [tokenInvalid(), tokenExpired(), tokenRevoked(), scopeMissing(scope), issuerUnavailable()]),
    ...(who === 'shopper' || who === 'admin' ? [roleMissing(who)] : []),
    ...(idempotent ? [requestInProgress()] : []),
    ...(idempotent && who !== 'anyone' ? [keyReused()] : []), // keys are kept per user, so an anonymous caller cannot reuse one
    dependencyUnavailable(),
    ...refusals,
  ];
};
