type Options = {
  /** origins to which the answer of a form redirects, such as `https://client.example`: Chromium checks them too */
  formActions?: readonly string[];
};

/** Also the scheme of an application that is not in the browser, such as `com.example.app:`; the web's own would mean every site. */
const isOrigin = (text: string): boolean => /^(https?:\/\/[\w.-]+(:\d+)?|(?!https?:)[a-z][a-z\d+.-]*:)$/i.test(text);

/**
 * The headers of every page: nothing from elsewhere, nothing inline, in no frame, in no cache.
 *
 * @throws RangeError for a form action that is no origin
 */
export const pageHeaders = ({ formActions = [] }: Options = {}): Record<string, string> => {
  const wrong = formActions.find((origin) => !isOrigin(origin));
  if (wrong !== undefined) throw new RangeError(`${wrong} is no origin`);
  return {
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "font-src 'self'",
      ["form-action 'self'", ...formActions].join(' '),
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ].join('; '),
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
};
