import type { PublicUrls } from '../public-urls.js';

/** A path of an interaction that a page was opened from; undefined for anything else, such as another site. */
export const ownPath = (path: unknown, { oidcPath }: PublicUrls): string | undefined => {
  if (typeof path !== 'string' || !path.startsWith(`${oidcPath}/interaction/`)) return undefined;
  return /^[\w-]+(\?sign_in)?$/.test(path.slice(`${oidcPath}/interaction/`.length)) ? path : undefined;
};
