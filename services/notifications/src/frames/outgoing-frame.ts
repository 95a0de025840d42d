import type { FramePayload } from './event-frames.js';
import { customerOf } from './subjects.js';

/** A frame on its way to browsers. Its text is serialised at most once, however many sockets get it. */
export type OutgoingFrame = {
  sequence: number;
  /** `customers.<customerId>.…` or `stock.<productId>` */
  path: string;
  customerId: string | undefined;
  /** when the event happened */
  at: Date;
  type: string;
  /** for the customer, or for subscribers of the channel */
  text: string;
  /** for an admin, when the frame belongs to another customer */
  adminText: string;
};

export const outgoingFrame = ({ path, sequence, payload }: { path: string; sequence: number; payload: string }): OutgoingFrame => {
  let parsed: FramePayload | undefined;
  let text: string | undefined;
  let adminText: string | undefined;
  const parse = (): FramePayload => {
    parsed ??= JSON.parse(payload) as FramePayload;
    return parsed;
  };
  const textAs = (type: string): string => {
    const { at, correlationId, data } = parse();
    return JSON.stringify({ type, sequence, at, correlationId, data });
  };
  return {
    sequence,
    path,
    customerId: customerOf(path),
    get at() {
      return new Date(parse().at);
    },
    get type() {
      return parse().type;
    },
    get text() {
      text ??= textAs(parse().type);
      return text;
    },
    get adminText() {
      adminText ??= textAs(`admin.${parse().type}`);
      return adminText;
    },
  };
};

/**
 * The text that a user gets of a customer's frame. An admin gets the frames of all customers, and their own ones as a
 * customer does.
 */
export const textFor = (user: { id: string; isAdmin: boolean }, frame: OutgoingFrame): string | undefined => {
  if (frame.customerId === user.id) return frame.text;
  return user.isAdmin && frame.customerId !== undefined ? frame.adminText : undefined;
};
