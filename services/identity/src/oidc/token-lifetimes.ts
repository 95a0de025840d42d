const day = 24 * 60 * 60;

/** Lifetimes of access tokens, s. A page renews its token; a person at a command line does not. */
export const tokenLifetimeSeconds = { default: 600, cli: 3_600 };

/** How long a sign-in lasts, s: an admin's is shorter, and an unused one ends before. */
export const signInSeconds = { shopper: 30 * day, admin: day / 2, unused: 7 * day };
