import type { Words } from '../mail.js';

const orderStatus = {
  Paid: { subject: 'ist bezahlt', text: 'Deine Zahlung ist autorisiert. Wir melden uns, sobald deine Bestellung versandt ist.' },
  Shipped: { subject: 'ist versandt', text: 'Deine Bestellung ist unterwegs.' },
  Cancelled: { subject: 'ist storniert', text: 'Deine Bestellung ist storniert. Sie kostet dich nichts.' },
  Failed: {
    subject: 'konnte nicht abgeschlossen werden',
    text: 'Wegen eines technischen Problems konnten wir deine Bestellung nicht abschließen. Sie kostet dich nichts.',
  },
};

const time = new Intl.DateTimeFormat('de-DE', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

export const de: Words = {
  greeting: (name) => (name ? `Hallo ${name},` : 'Hallo,'),
  closing: 'Orderstream',

  'confirm-registration': ({ url }) => ({
    subject: 'Bestätige deine E-Mail-Adresse',
    parts: [
      'Jemand, vermutlich du, möchte mit dieser E-Mail-Adresse ein Konto eröffnen. Bitte bestätige, dass sie dir gehört.',
      { label: 'Adresse bestätigen', url },
      'Wenn du es nicht warst, ignoriere diese Mail. Ohne die Bestätigung entsteht kein Konto.',
    ],
  }),

  'already-registered': ({ signInUrl, forgottenUrl }) => ({
    subject: 'Du hast schon ein Konto',
    parts: [
      'Jemand, vermutlich du, wollte mit dieser E-Mail-Adresse ein Konto eröffnen. Sie hat schon eines, also hat sich nichts geändert.',
      { label: 'Anmelden', url: signInUrl },
      { label: 'Neues Passwort wählen', url: forgottenUrl },
      'Wenn du es nicht warst, ignoriere diese Mail.',
    ],
  }),

  'reset-password': ({ url, expiresAt }) => ({
    subject: 'Wähle ein neues Passwort',
    parts: [
      'Jemand, vermutlich du, hat ein neues Passwort für dein Konto angefordert.',
      { label: 'Neues Passwort wählen', url },
      `Der Link gilt einmal, bis ${time.format(new Date(expiresAt))} UTC.`,
      'Wenn du es nicht warst, ignoriere diese Mail. Dein Passwort bleibt, wie es ist.',
    ],
  }),

  'password-changed': () => ({
    subject: 'Dein Passwort hat sich geändert',
    parts: [
      'Das Passwort deines Kontos hat sich geändert.',
      'Wenn du es nicht warst, wähle sofort ein neues: über „Passwort vergessen?“ bei der Anmeldung.',
    ],
  }),

  'order-update': ({ orderNumber, status, url }) => ({
    subject: `Deine Bestellung ${orderNumber} ${orderStatus[status].subject}`,
    parts: [
      orderStatus[status].text,
      { label: `Bestellung ${orderNumber}`, url },
      'Du bekommst diese Mail, weil du Nachrichten zu deinen Bestellungen wolltest. In deinem Konto kannst du sie abstellen.',
    ],
  }),

  'account-erased': () => ({
    subject: 'Dein Konto ist gelöscht',
    parts: ['Dein Konto und deine persönlichen Daten sind gelöscht, wie du es wolltest. Das ist unsere letzte Mail an dich.'],
  }),
};
