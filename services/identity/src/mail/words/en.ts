import { formatMoney } from '@orderstream/contracts';
import type { Words } from '../mail.js';

const orderStatus = {
  Paid: { subject: 'is paid', text: 'Your payment is authorised. We will let you know when your order is shipped.' },
  Shipped: { subject: 'is shipped', text: 'Your order is on its way.' },
  Cancelled: { subject: 'is cancelled', text: 'Your order is cancelled. You are not charged for it.' },
  Failed: {
    subject: 'could not be completed',
    text: 'A technical problem kept us from completing your order. You are not charged for it.',
  },
};

const time = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

export const en: Words = {
  greeting: (name) => (name ? `Hello ${name},` : 'Hello,'),
  closing: 'Orderstream',

  'confirm-registration': ({ url }) => ({
    subject: 'Confirm your e-mail address',
    parts: [
      'Somebody, probably you, wants to open an account with this e-mail address. Please confirm that it is yours.',
      { label: 'Confirm the address', url },
      'If it was not you, ignore this mail. Without the confirmation there is no account.',
    ],
  }),

  'already-registered': ({ signInUrl, forgottenUrl }) => ({
    subject: 'You already have an account',
    parts: [
      'Somebody, probably you, wanted to open an account with this e-mail address. It has one already, so nothing has changed.',
      { label: 'Sign in', url: signInUrl },
      { label: 'Choose a new password', url: forgottenUrl },
      'If it was not you, ignore this mail.',
    ],
  }),

  'reset-password': ({ url, expiresAt }) => ({
    subject: 'Choose a new password',
    parts: [
      'Somebody, probably you, asked for a new password for your account.',
      { label: 'Choose a new password', url },
      `The link works once, until ${time.format(new Date(expiresAt))} UTC.`,
      'If it was not you, ignore this mail. Your password stays as it is.',
    ],
  }),

  'password-changed': () => ({
    subject: 'Your password has changed',
    parts: [
      'The password of your account has changed.',
      'If it was not you, choose a new password at once: follow "Forgotten your password?" where you sign in.',
    ],
  }),

  'order-update': ({ orderNumber, status, total, url }) => ({
    subject: `Your order ${orderNumber} ${orderStatus[status].subject}`,
    parts: [
      orderStatus[status].text,
      ...(total ? [`Total: ${formatMoney(total, 'en')}`] : []),
      { label: `Order ${orderNumber}`, url },
      'You receive this mail because you asked for order updates. You can turn them off in your account.',
    ],
  }),

  'account-erased': () => ({
    subject: 'Your account is erased',
    parts: ['Your account and your personal data are erased, as you asked. This is our last mail to you.'],
  }),
};
