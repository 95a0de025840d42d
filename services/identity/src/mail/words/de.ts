import { formatMoney } from '@orderstream/contracts';
import type { Words } from '../mail.js';

const orderStatus = {
  Paid: { subject: 'ist bezahlt', text: 'Ihre Zahlung ist autorisiert. Wir melden uns, sobald Ihre Bestellung versandt ist.' },
  Shipped: { subject: 'ist versandt', text: 'Ihre Bestellung ist unterwegs.' },
  Cancelled: { subject: 'ist storniert', text: 'Ihre Bestellung ist storniert. Sie kostet Sie nichts.' },
  Failed: {
    subject: 'konnte nicht abgeschlossen werden',
    text: 'Wegen eines technischen Problems konnten wir Ihre Bestellung nicht abschließen. Sie kostet Sie nichts.',
  },
};

const time = new Intl.DateTimeFormat('de-DE', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

export const de: Words = {
  greeting: (name) => (name ? `Hallo ${name},` : 'Hallo,'),
  closing: 'Orderstream',

  'confirm-registration': ({ url }) => ({
    subject: 'Bestätigen Sie Ihre E-Mail-Adresse',
    parts: [
      'Jemand, vermutlich Sie, möchte mit dieser E-Mail-Adresse ein Konto eröffnen. Bitte bestätigen Sie, dass sie Ihnen gehört.',
      { label: 'Adresse bestätigen', url },
      'Wenn Sie es nicht waren, ignorieren Sie diese Mail. Ohne die Bestätigung entsteht kein Konto.',
    ],
  }),

  'already-registered': ({ signInUrl, forgottenUrl }) => ({
    subject: 'Sie haben schon ein Konto',
    parts: [
      'Jemand, vermutlich Sie, wollte mit dieser E-Mail-Adresse ein Konto eröffnen. Sie hat schon eines, also hat sich nichts geändert.',
      { label: 'Anmelden', url: signInUrl },
      { label: 'Neues Passwort wählen', url: forgottenUrl },
      'Wenn Sie es nicht waren, ignorieren Sie diese Mail.',
    ],
  }),

  'reset-password': ({ url, expiresAt }) => ({
    subject: 'Wählen Sie ein neues Passwort',
    parts: [
      'Jemand, vermutlich Sie, hat ein neues Passwort für Ihr Konto angefordert.',
      { label: 'Neues Passwort wählen', url },
      `Der Link gilt einmal, bis ${time.format(new Date(expiresAt))} UTC.`,
      'Wenn Sie es nicht waren, ignorieren Sie diese Mail. Ihr Passwort bleibt, wie es ist.',
    ],
  }),

  'password-changed': () => ({
    subject: 'Ihr Passwort hat sich geändert',
    parts: [
      'Das Passwort Ihres Kontos hat sich geändert.',
      'Wenn Sie es nicht waren, wählen Sie sofort ein neues: über „Passwort vergessen?“ bei der Anmeldung.',
    ],
  }),

  'order-update': ({ orderNumber, status, total, url }) => ({
    subject: `Ihre Bestellung ${orderNumber} ${orderStatus[status].subject}`,
    parts: [
      orderStatus[status].text,
      ...(total ? [`Summe: ${formatMoney(total, 'de')}`] : []),
      { label: `Bestellung ${orderNumber}`, url },
      'Sie bekommen diese Mail, weil Sie Nachrichten zu Ihren Bestellungen wollten. In Ihrem Konto können Sie sie abstellen.',
    ],
  }),

  'account-erased': () => ({
    subject: 'Ihr Konto ist gelöscht',
    parts: ['Ihr Konto und Ihre persönlichen Daten sind gelöscht, wie Sie es wollten. Das ist unsere letzte Mail an Sie.'],
  }),
};
