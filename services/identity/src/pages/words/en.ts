const passwordRule =
  'At least 8 characters, among them a letter, a digit, another character and five different ones; not your e-mail address.';

/** The words of the pages: whole sentences, functions where something has to be filled in. `de.ts` has the same shape. */
export const en = {
  /** of a page's title, after its own */
  product: 'Orderstream',
  backToShop: 'Back to the shop',
  signIn: {
    title: 'Sign in',
    submit: 'Sign in',
    forgotten: 'Forgotten your password?',
    newHere: 'New here?',
    register: 'Create an account',
    wrong: 'E-mail and password do not belong together.',
    demoUsers: 'Demo users of the local stack',
    demoPassword: 'Their password:',
  },
  fields: {
    fullName: 'Full name',
    email: 'E-mail',
    password: 'Password',
    newPassword: 'New password',
    passwordRule,
    show: 'Show',
    showPassword: 'Show password',
  },
  /** what is wrong with a field, by the messages of the API */
  fieldErrors: {
    fullName: {
      'must not be blank': 'Enter your full name.',
      'must have at most 200 characters': 'The name may have up to 200 characters.',
      otherwise: 'The name has a character that cannot be shown.',
    },
    email: { otherwise: 'Enter an e-mail address, such as alice@example.com.' },
    password: {
      'must not be blank': 'Enter a password.',
      'must have at least 8 characters': 'The password needs at least 8 characters.',
      'must have at most 200 characters': 'The password may have up to 200 characters.',
      'must have a letter': 'The password needs a letter.',
      'must have a digit': 'The password needs a digit.',
      'must have a character that is neither letter nor digit': 'The password needs a character that is neither letter nor digit.',
      'must have at least 5 different characters': 'The password needs at least five different characters.',
      'must not contain the e-mail address': 'The password must not contain your e-mail address.',
      otherwise: 'The password has a character that cannot be used.',
    },
  },
  thingsToMend: (count: number): string => (count === 1 ? '1 thing to mend' : `${count} things to mend`),
  problems: {
    throttled: (time: string): string => `Too many tries. Try again at ${time}.`,
    busy: 'Too many people at once. Nothing is lost: send it again in a moment.',
    stale: 'This form was open for too long. Send it once more.',
  },
  register: {
    title: 'Create an account',
    submit: 'Create account',
    haveOne: 'Have an account?',
    signIn: 'Sign in',
  },
  checkMail: {
    title: 'Look into your mail',
    sent: (email: string): string => `We have sent a mail to ${email}. Follow its link to finish.`,
    hint: 'No mail after a few minutes? Look into the spam folder, or start again and check the address.',
    mailbox: 'Open the mailbox of the local stack',
    again: 'Start again',
  },
  confirm: {
    title: 'Confirm your e-mail',
    text: 'One press and your account is ready.',
    submit: 'Confirm',
  },
  confirmed: { title: 'Your account is ready', text: 'Your e-mail is confirmed. You can sign in now.', signIn: 'Sign in' },
  forgotten: {
    title: 'Forgotten your password?',
    text: 'Tell us your e-mail, and we send a link to choose a new password.',
    submit: 'Send the link',
    back: 'Back to signing in',
  },
  forgottenSent: {
    title: 'Look into your mail',
    sent: (email: string): string => `If ${email} has an account, a mail is on its way. Its link lets you choose a new password.`,
  },
  newPassword: {
    title: 'Choose a new password',
    text: 'Everybody who is signed in with the old one is signed out.',
    submit: 'Save the password',
  },
  passwordChanged: { title: 'Your password is changed', text: 'Sign in with the new one.', signIn: 'Sign in' },
  linkInvalid: {
    title: 'This link does not work any more',
    text: 'It has been used, or it is too old.',
    next: {
      confirm: 'If you have confirmed your e-mail already, just sign in. Otherwise create the account again.',
      password: 'If you have changed your password already, just sign in. Otherwise ask for a new link.',
    },
    retry: { confirm: 'Create the account again', password: 'Ask for a new link' },
    signIn: 'Sign in',
  },
  consent: {
    title: 'Allow access?',
    asks: (client: string): string => `${client} asks for access to Orderstream in your name.`,
    wants: 'It wants to:',
    scopes: {
      openid: 'know which account is yours',
      profile: 'see your name',
      email: 'see your e-mail address',
      offline_access: 'keep this access when you are away, until you take it back',
      'orders:read': 'see your orders and their payments',
      'orders:write': 'place, change and cancel orders for you',
      'catalogue:write': 'change products, prices and stock',
      'reports:read': 'read sales and order reports',
    },
    account: (account: string): string => `You are signed in as ${account}.`,
    warning: 'Allow it only if you know and trust it. It never sees your password.',
    allow: 'Allow',
    refuse: 'Refuse',
  },
  signOut: {
    title: 'Sign out?',
    text: 'Your orders go on without you.',
    submit: 'Sign out',
    stay: 'Stay signed in',
  },
  signedOut: { title: 'You are signed out', text: 'See you soon.', signIn: 'Sign in again' },
  errors: {
    expired: {
      title: 'This took too long',
      text: 'Signing in was not finished in time. Nothing of yours is lost. Start again from the shop.',
    },
    'unknown-client': {
      title: 'We do not know who sent you here',
      text: 'The application that asks for access is not registered with us. Tell the people who run it.',
    },
    'bad-request': {
      title: 'This request does not fit',
      text: 'The address has a slip, or the application that sent you here made a mistake. Nothing was changed.',
    },
    'not-found': { title: 'There is nothing here', text: 'The address may have a slip.' },
    busy: { title: 'Too many people at once', text: 'Nothing of yours is lost. Load this page again in a moment.' },
    server: { title: 'Something went wrong on our side', text: 'Nothing of yours is lost. Try again in a moment.' },
  },
  errorCode: 'Code',
  correlationId: 'Correlation id',
};

export type Words = typeof en;
