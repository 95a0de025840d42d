import type { OpenApiDocument, Operation } from './openapi.js';

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const json = (value: unknown): string =>
  `<pre>${escapeHtml(JSON.stringify(value, null, 2)).replace(
    /#\/components\/schemas\/([\w.-]+)/g,
    '<a href="#schema-$1">#/components/schemas/$1</a>',
  )}</pre>`;

const content = (part: Record<string, unknown>): string =>
  Object.entries((part.content ?? {}) as Record<string, { schema?: unknown; examples?: Record<string, { value: unknown }> }>)
    .map(
      ([type, { schema, examples = {} }]) =>
        `<p><code>${escapeHtml(type)}</code></p>${json(schema ?? {})}${Object.values(examples)
          .map(({ value }) => json(value))
          .join('')}`,
    )
    .join('');

const parameters = ({ parameters: list = [] }: Operation): string =>
  list.length === 0
    ? ''
    : `<h4>Parameters</h4><table>${list
        .map(
          ({ name, in: where, required, description, schema }) =>
            `<tr><td><code>${escapeHtml(String(name))}</code></td><td>${escapeHtml(String(where))}${required ? ', required' : ''}</td><td>${escapeHtml(
              String(description ?? ''),
            )}${json(schema)}</td></tr>`,
        )
        .join('')}</table>`;

const responses = (operation: Operation): string =>
  Object.entries(operation.responses)
    .map(
      ([status, response]) =>
        `<details><summary>${status} ${escapeHtml(String(response.description))}</summary>${content(response)}</details>`,
    )
    .join('');

const operationSection = (path: string, method: string, operation: Operation): string => `
<section id="${escapeHtml(operation.operationId)}">
<h3><span class="${method}">${method.toUpperCase()}</span> <code>${escapeHtml(path)}</code></h3>
<p>${escapeHtml(operation.summary)}. Who: <b>${escapeHtml(operation['x-who'])}</b></p>
${(operation.servers ?? []).map(({ description = '' }) => `<p>${escapeHtml(description)}.</p>`).join('')}
${operation.description ? `<p>${escapeHtml(operation.description)}</p>` : ''}
${parameters(operation)}
${operation.requestBody ? `<h4>Body</h4>${content(operation.requestBody)}` : ''}
<h4>Answers</h4>${responses(operation)}
</section>`;

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2733}
h3{margin:2rem 0 .25rem;border-top:1px solid #dde3ea;padding-top:1rem}h4{margin:1rem 0 .25rem}
pre{background:#f5f7fa;padding:.6rem;overflow:auto;font-size:13px;border-radius:4px}table{border-collapse:collapse;width:100%}
td{border-top:1px solid #eee;padding:.3rem .6rem .3rem 0;vertical-align:top}summary{cursor:pointer}
h3 span{font-size:.8em;padding:.1em .5em;border-radius:4px;background:#445;color:#fff}.get{background:#1f6f43!important}.post{background:#1f4f8f!important}
.put,.patch{background:#8a5a00!important}.delete{background:#9b2226!important}nav li{list-style:none}nav ul{padding:0}`;

/**
 * The API's reference as one page of HTML without scripts or external resources, generated from the OpenAPI document.
 */
export const referencePage = (document: OpenApiDocument): string => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const [server] = operation.servers ?? document.servers;
      return { path: (server?.url.replace(/\/$/, '') ?? '') + path, method, operation };
    }),
  );
  const title = escapeHtml(`${document.info.title}: API reference`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${style}</style></head>
<body><h1>${title}</h1>
<p>${escapeHtml(document.info.description)} The same as <a href="openapi.json">OpenAPI 3.1</a>.</p>
<nav><ul>${operations
    .map(
      ({ path, method, operation }) =>
        `<li><a href="#${escapeHtml(operation.operationId)}"><code>${method.toUpperCase()} ${escapeHtml(path)}</code></a> ${escapeHtml(operation.summary)}</li>`,
    )
    .join('')}</ul></nav>
${operations.map(({ path, method, operation }) => operationSection(path, method, operation)).join('')}
<h2>Schemas</h2>
${Object.entries(document.components.schemas)
  .map(([name, schema]) => `<section id="schema-${escapeHtml(name)}"><h3><code>${escapeHtml(name)}</code></h3>${json(schema)}</section>`)
  .join('')}
</body></html>`;
};
