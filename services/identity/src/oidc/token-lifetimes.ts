/** Lifetimes of access tokens, s. A page renews its token; a person at a command line does not. */
export const tokenLifetimeSeconds = { default: 600, cli: 3_600 };
