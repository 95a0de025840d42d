import { Invalid, type MessageContext, type Refusal, type Scope, Text } from '@orderstream/contracts';
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Reply } from './reply.js';
import type { User, Who } from './user.js';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** By status: the schema of the JSON body, `null` for none, or a media type for bytes. Problems are `refusals`. */
export type Answers = Record<number, z.ZodType | MediaType | null>;

/** The media type of an answer that is not JSON. */
export type MediaType = { mediaType: string };
export const mediaType = (name: string): MediaType => ({ mediaType: name });

/** A body of bytes. Its media types are documented only: the handler checks the content. */
export type Upload = { mediaTypes: readonly string[]; maxBytes: number };

type PathNames<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | PathNames<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;
export type PathParams<Path extends string> = { [Name in PathNames<Path>]: string };

type SuccessStatus = 200 | 201 | 202 | 203 | 206;
type BodyOf<Schema> = Schema extends z.ZodType ? z.input<Schema> | z.output<Schema> : Schema extends MediaType ? Uint8Array : undefined;
export type SuccessBody<A> = { [Status in keyof A]: Status extends SuccessStatus ? BodyOf<A[Status]> : undefined }[keyof A];

export type RouteInput<Params, Query, Body, W extends Who> = {
  /** the caller: present for `user`, `shopper` and `admin`, never for `anyone` */
  user: W extends 'anyone' ? undefined : W extends 'visitor' ? User | undefined : User;
  /** the path as it is declared */
  route: string;
  params: Params;
  query: Query;
  body: Body;
  /** the bytes of an `upload` */
  upload: Buffer;
  context: MessageContext;
  /** aborted when the client disconnects before it has its answer */
  signal: AbortSignal;
  req: Request;
  res: Response;
};

export type RouteDeclaration<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
  A extends Answers,
  W extends Who,
> = {
  summary: string;
  description?: string;
  who: W;
  /** what a third party's client needs; without it the route is for the platform's own clients only */
  scope?: Scope;
  /** by default a parameter named `id` or `…Id` is a UUID, any other a text of 1 to 200 characters */
  params?: Params;
  /** by default none are allowed */
  query?: Query;
  /** JSON */
  body?: Body;
  upload?: Upload;
  /**
   * documents the `Idempotency-Key` header, and refuses a malformed one; `idempotently` does the rest
   */
  idempotent?: boolean;
  answers: A;
  /** an example of each refusal of the handler; those of the HTTP edge are documented automatically */
  refusals?: readonly Refusal[];
  /** by default the first of `answers` below 300 */
  status?: number;
  operationId?: string;
};

type Handler<Params, Query, Body, W extends Who, Answer> = (
  input: RouteInput<Params, Query, Body, W>,
) => Promise<Answer | Reply<Answer>> | Answer | Reply<Answer>;

/** A declared route without its type parameters: the source of the router and the OpenAPI document. */
export type Route = {
  tag: string;
  internal: boolean;
  method: Method;
  path: string;
  summary: string;
  description: string | undefined;
  who: Who;
  scope: Scope | undefined;
  params: z.ZodType;
  query: z.ZodType;
  body: z.ZodType | undefined;
  upload: Upload | undefined;
  idempotent: boolean;
  answers: Answers;
  refusals: readonly Refusal[];
  status: number;
  operationId: string;
  handle: (input: RouteInput<unknown, unknown, unknown, Who>) => unknown;
};

type Declare = <
  Path extends string,
  W extends Who,
  A extends Answers,
  Params extends z.ZodType = z.ZodType<PathParams<Path>>,
  Query extends z.ZodType = z.ZodType<Record<never, never>>,
  Body extends z.ZodType = z.ZodType<undefined>,
>(
  path: Path,
  declaration: RouteDeclaration<Params, Query, Body, A, W>,
  handler: Handler<z.output<Params>, z.output<Query>, z.output<Body>, W, SuccessBody<A>>,
) => Api;

/** A declared set of routes: the Express router and the OpenAPI document both come from it. */
export type Api = { tag: string; basePath: string; routes: readonly Route[] } & Record<Method, Declare>;

export const paramNames = (path: string): string[] => [...path.matchAll(/:(\w+)/g)].map(([, name]) => name as string);

const defaultParams = (path: string): z.ZodType =>
  z.strictObject(
    Object.fromEntries(paramNames(path).map((name) => [name, /^(id|.*Id)$/.test(name) ? z.uuid().toLowerCase() : Text()] as const)),
  );

/**
 * Makes an object schema strict, so that unknown members are refused. It does so at the top level only: nested objects
 * declare it themselves.
 */
const strict = <Schema extends z.ZodType>(schema: Schema): z.ZodType =>
  schema instanceof z.ZodObject && schema.def.catchall === undefined ? schema.strict() : schema;

const operationIdOf = (method: Method, path: string): string =>
  method +
  path
    .split(/[^a-zA-Z0-9]+/)
    .filter((word) => word !== '')
    .map((word) => word[0]?.toUpperCase() + word.slice(1))
    .join('');

/**
 * A set of routes under one heading of the OpenAPI document.
 *
 * @param basePath the prefix of every path of the set; each path is still written in full, so that it can be searched
 *   for
 * @param internal whether the routes are on the service's own port only: the gateway does not forward to them
 */
export const api = (tag: string, basePath: string, { internal = false } = {}): Api => {
  const routes: Route[] = [];
  const declare =
    (method: Method): Declare =>
    (path, declaration, handler) => {
      if (path !== basePath && !path.startsWith(basePath === '/' ? '/' : `${basePath}/`))
        throw new Error(`${path} is not under ${basePath}`);
      const success = Object.keys(declaration.answers)
        .map(Number)
        .find((status) => status < 300);
      const status = declaration.status ?? success;
      if (status === undefined) throw new Error(`${method} ${path} declares no successful answer`);
      routes.push({
        tag,
        internal,
        method,
        path,
        summary: declaration.summary,
        description: declaration.description,
        who: declaration.who,
        scope: declaration.scope,
        params: strict(declaration.params ?? defaultParams(path)),
        query: strict(declaration.query ?? z.strictObject({})),
        body: declaration.body && strict(declaration.body),
        upload: declaration.upload,
        idempotent: declaration.idempotent ?? false,
        answers: declaration.answers,
        refusals: declaration.refusals ?? [],
        status,
        operationId: declaration.operationId ?? operationIdOf(method, path),
        handle: handler as unknown as Route['handle'],
      });
      return set;
    };
  const set: Api = {
    tag,
    basePath,
    routes,
    get: declare('get'),
    post: declare('post'),
    put: declare('put'),
    patch: declare('patch'),
    delete: declare('delete'),
  };
  return set;
};

type Part = 'path' | 'query' | 'body';

/**
 * Parses one part of a request, or throws `Invalid('invalid-request')` with `errors`, whose paths are relative to the
 * part, in dots.
 */
export const parsePart = <Schema extends z.ZodType>(part: Part, schema: Schema, value: unknown): z.output<Schema> => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap((issue) => fieldErrors(issue));
  throw new Invalid('invalid-request', `The ${part} of the request is invalid`, { in: part, errors });
};

const fieldErrors = (issue: z.core.$ZodIssue): { path: string; message: string }[] => {
  const path = issue.path.map(String).join('.');
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  return issue.keys
    .slice(0, 20)
    .map((key) => ({ path: path === '' ? key.slice(0, 200) : `${path}.${key.slice(0, 200)}`, message: 'is not known' }));
};

export const isMediaType = (answer: Answers[number] | undefined): answer is MediaType =>
  answer !== null && answer !== undefined && 'mediaType' in answer;
