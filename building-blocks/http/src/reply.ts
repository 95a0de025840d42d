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
