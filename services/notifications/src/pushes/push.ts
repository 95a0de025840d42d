import type { StoredFrame } from './frames.js';
import { customerOf } from './subjects.js';

/** A frame on its way to browsers. Its text is made once, however many sockets it goes to, and not at all when it goes to none. */
export type Push = {
  sequence: number;
  /** `customers.<customerId>.…` or `stock.<productId>` */
  path: string;
  customerId: string | undefined;
  /** when the event happened */
  at: Date;
  type: string;
  /** as those see it whom it concerns */
  text: string;
  /** as an admin sees what concerns somebody else */
  adminText: string;
};

export const pushOf = ({ path, sequence, payload }: { path: string; sequence: number; payload: string }): Push => {
  let parsed: StoredFrame | undefined;
  let text: string | undefined;
  let adminText: string | undefined;
  const frame = (): StoredFrame => {
    parsed ??= JSON.parse(payload) as StoredFrame;
    return parsed;
  };
  const textAs = (type: string): string => {
    const { at, correlationId, data } = frame();
    return JSON.stringify({ type, sequence, at, correlationId, data });
  };
  return {
    sequence,
    path,
    customerId: customerOf(path),
    get at() {
      return new Date(frame().at);
    },
    get type() {
      return frame().type;
    },
    get text() {
      text ??= textAs(frame().type);
      return text;
    },
    get adminText() {
      adminText ??= textAs(`admin.${frame().type}`);
      return adminText;
    },
  };
};

/** What a user is sent of a push that concerns a customer: an admin sees everybody's, and their own once, as their own. */
export const textFor = (user: { id: string; isAdmin: boolean }, push: Push): string | undefined => {
  if (push.customerId === user.id) return push.text;
  return user.isAdmin && push.customerId !== undefined ? push.adminText : undefined;
};
