export type PublicUrls = ReturnType<typeof publicUrls>;

/** The addresses of identity's pages and of the shop, as browsers and mails use them. */
export const publicUrls = (issuer: string) => {
  const { origin, pathname } = new URL(issuer);
  return {
    /** where the shop and the gateway are */
    origin,
    /** the path of the OpenID Connect provider and of its pages */
    oidcPath: pathname,
    assetsPath: `${pathname.replace(/\/oidc$/, '')}/assets`,
    shop: '/',
    signIn: `${origin}/session/start`,
    forgotten: `${issuer}/forgotten`,
    confirm: (token: string): string => `${issuer}/confirm?token=${token}`,
    newPassword: (token: string): string => `${issuer}/new-password?token=${token}`,
  };
};
