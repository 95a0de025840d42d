/** An answer with a status, headers or a media type of its own. */
export class Reply<Body = unknown> {
  constructor(
    readonly status: number,
    readonly body: Body,
    readonly headers: Record<string, string> = {},
  ) {}
}

/** 201. `location` is the public URL of the new resource, e.g. `/api/orders/<id>`. */
export const created = <Body>(body: Body, location: string): Reply<Body> => new Reply(201, body, { location });

/** 202: accepted, not yet done. */
export const accepted = <Body>(body: Body): Reply<Body> => new Reply(202, body);

export const noContent = (): Reply<undefined> => new Reply(204, undefined);

/** An answer of bytes instead of JSON. */
export const bytes = (content: Uint8Array, contentType: string, headers: Record<string, string> = {}): Reply<Uint8Array> =>
  new Reply(200, content, { ...headers, 'content-type': contentType });
