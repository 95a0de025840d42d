type Options = {
  /** origins to which a form's answer may redirect, such as `https://client.example`; Chromium checks them too */
  formActions?: readonly string[];
};

/** The headers of every page: nothing from elsewhere, nothing inline, in no frame, in no cache. */
export const pageHeaders = ({ formActions = [] }: Options = {}): Record<string, string> => ({
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
});
