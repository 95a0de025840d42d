import { expect } from 'chai';
import { html } from './html.js';

const hostile = `</title><script>alert("it's & me")</script>`;
const escaped = '&#60;/title&#62;&#60;script&#62;alert(&#34;it&#39;s &#38; me&#34;)&#60;/script&#62;';

describe('a template of HTML', () => {
  it('takes every hole as text', () => {
    expect(html`<a title="${hostile}">${hostile}</a>`.markup).to.equal(`<a title="${escaped}">${escaped}</a>`);
    expect(html`${[hostile, 1]}`.markup).to.equal(`${escaped}1`);
  });

  it('takes nested templates as markup', () => expect(html`<p>${html`<b>${'<'}</b>`}</p>`.markup).to.equal('<p><b>&#60;</b></p>'));

  it('joins lists, and leaves out what is not there', () => {
    const none: string[] = [];
    expect(html`<ul>${['a', 'b'].map((item) => html`<li>${item}</li>`)}</ul>`.markup).to.equal('<ul><li>a</li><li>b</li></ul>');
    expect(html`${undefined}${false}${none}${''}${0}`.markup).to.equal('0');
  });
});
