import type { Push } from './push.js';

/** Whoever pushes are handed to: one authenticated socket. */
export type Recipient = { user: { id: string; isAdmin: boolean }; take: (push: Push) => void };

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

/** Who of this instance's sockets hears what: found by customer or channel, never by looking at all of them. */
export const recipients = () => {
  const byCustomer = new Map<string, Set<Recipient>>();
  const byChannel = new Map<string, Set<Recipient>>();
  const admins = new Set<Recipient>();

  return {
    join: (recipient: Recipient): void => {
      addTo(byCustomer, recipient.user.id, recipient);
      if (recipient.user.isAdmin) admins.add(recipient);
    },
    leave: (recipient: Recipient, channels: Iterable<string>): void => {
      removeFrom(byCustomer, recipient.user.id, recipient);
      admins.delete(recipient);
      for (const channel of channels) removeFrom(byChannel, channel, recipient);
    },
    subscribe: (channel: string, recipient: Recipient): void => addTo(byChannel, channel, recipient),
    unsubscribe: (channel: string, recipient: Recipient): void => removeFrom(byChannel, channel, recipient),
    dispatch: (push: Push): void => {
      if (push.customerId === undefined) {
        for (const recipient of byChannel.get(push.path) ?? []) recipient.take(push);
        return;
      }
      for (const recipient of byCustomer.get(push.customerId) ?? []) recipient.take(push);
      for (const admin of admins) if (admin.user.id !== push.customerId) admin.take(push);
    },
  };
};
export type Recipients = ReturnType<typeof recipients>;
