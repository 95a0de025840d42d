/** An answer that is more than a body with the route's usual status. */
export class Reply<Body = unknown> {
  constructor(
    readonly status: number,
    readonly body: Body,
    readonly headers: Record<string, string> = {},
  ) {}
}

/** 201. `location` is the new resource's URL as the public sees it, e.g. `/api/orders/<id>`. */
export const created = <Body>(body: Body, location: string): Reply<Body> => new Reply(201, body, { location });

/** 202: it is begun, not done. */
export const accepted = <Body>(body: Body): Reply<Body> => new Reply(202, body);

export const noContent = (): Reply<undefined> => new Reply(204, undefined);
