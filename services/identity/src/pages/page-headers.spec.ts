import { expect } from 'chai';
import { pageHeaders } from './page-headers.js';

const policyOf = (headers: Record<string, string>): string[] => headers['content-security-policy']!.split('; ');

describe('the headers of a page', () => {
  it('allow what is ours, and nothing inline', () => {
    expect(policyOf(pageHeaders())).to.include.members([
      "default-src 'none'",
      "script-src 'self'",
      "form-action 'self'",
      "base-uri 'none'",
    ]);
    expect(pageHeaders()['content-security-policy']).not.to.match(/unsafe|\*|data:/);
  });

  it('keep the page out of frames, caches and other origins', () => {
    expect(policyOf(pageHeaders())).to.include("frame-ancestors 'none'");
    expect(pageHeaders()).to.include({
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    });
  });

  it('allow the origins to which a form redirects', () =>
    expect(policyOf(pageHeaders({ formActions: ['https://client.example', 'http://127.0.0.1:3000', 'com.example.app:'] }))).to.include(
      "form-action 'self' https://client.example http://127.0.0.1:3000 com.example.app:",
    ));

  it('take nothing but origins, so that none can add a directive', () => {
    for (const origin of ['https://client.example; script-src *', "'unsafe-inline'", 'https://client.example/path', 'https:', '*', '']) {
      expect(() => pageHeaders({ formActions: [origin] })).to.throw(RangeError);
    }
  });
});
