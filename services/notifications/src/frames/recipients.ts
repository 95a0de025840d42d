import type { OutgoingFrame } from './outgoing-frame.js';

/** A receiver of frames: one socket. A guest has no id, and gets the frames of channels only. */
export type Recipient = { user: { id: string | undefined; isAdmin: boolean }; take: (frame: OutgoingFrame) => void };

const addTo = (map: Map<string, Set<Recipient>>, key: string, recipient: Recipient): void => {
  const set = map.get(key);
  if (set) set.add(recipient);
  else map.set(key, new Set([recipient]));
};

const removeFrom = (map: Map<string, Set<Recipient>>, key: string, recipient: Recipient): void => {
  const set = map.get(key);
  set?.delete(recipient);
  if (set?.size === 0) map.delete(key);
};

/** Finds the sockets of this instance that get a frame, by customer or channel, without visiting all of them. */
export const recipients = () => {
  const byCustomer = new Map<string, Set<Recipient>>();
  const byChannel = new Map<string, Set<Recipient>>();
  const admins = new Set<Recipient>();

  return {
    join: (recipient: Recipient): void => {
      if (recipient.user.id !== undefined) addTo(byCustomer, recipient.user.id, recipient);
      if (recipient.user.isAdmin) admins.add(recipient);
    },
    leave: (recipient: Recipient, channels: Iterable<string>): void => {
      if (recipient.user.id !== undefined) removeFrom(byCustomer, recipient.user.id, recipient);
      admins.delete(recipient);
      for (const channel of channels) removeFrom(byChannel, channel, recipient);
    },
    subscribe: (channel: string, recipient: Recipient): void => addTo(byChannel, channel, recipient),
    unsubscribe: (channel: string, recipient: Recipient): void => removeFrom(byChannel, channel, recipient),
    dispatch: (frame: OutgoingFrame): void => {
      if (frame.customerId === undefined) {
        for (const recipient of byChannel.get(frame.path) ?? []) recipient.take(frame);
        return;
      }
      for (const recipient of byCustomer.get(frame.customerId) ?? []) recipient.take(frame);
      for (const admin of admins) if (admin.user.id !== frame.customerId) admin.take(frame);
    },
  };
};
export type Recipients = ReturnType<typeof recipients>;
