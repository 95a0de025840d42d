/** The layers, as docs/architecture.md draws them: whoever reaches across fails the build. @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', comment: 'A cycle has no order to be read in.', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'services-do-not-import-one-another',
      comment: 'Between services there are events and REST.',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/([^/]+)/', pathNot: '^services/$1/' },
    },
    {
      name: 'contracts-import-nothing-of-ours',
      severity: 'error',
      from: { path: '^building-blocks/contracts/' },
      to: { path: '^(building-blocks|services|local-stack|tests|migrations)/', pathNot: '^building-blocks/contracts/' },
    },
    {
      name: 'building-blocks-do-not-know-services',
      severity: 'error',
      from: { path: '^building-blocks/' },
      to: { path: '^(services|local-stack|tests)/' },
    },
    {
      name: 'a-building-block-is-entered-by-its-index',
      severity: 'error',
      from: { path: '^(building-blocks/[^/]+|services/[^/]+|tests|local-stack)/' },
      to: { path: '^building-blocks/[^/]+/src/', pathNot: ['^building-blocks/[^/]+/src/index\\.ts$', '^$1/'] },
    },
    {
      name: 'async-needs-nothing',
      comment: 'Neither a database nor HTTP.',
      severity: 'error',
      from: { path: '^building-blocks/async/src/' },
      to: { path: '^building-blocks/', pathNot: '^building-blocks/(async|contracts)/' },
    },
    {
      name: 'service-host-is-the-process',
      comment: 'It is below HTTP, persistence, event-bridge and message-bus.',
      severity: 'error',
      from: { path: '^building-blocks/service-host/src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^building-blocks/', pathNot: '^building-blocks/(service-host|contracts)/' },
    },
    {
      name: 'http-is-below-messaging',
      severity: 'error',
      from: { path: '^building-blocks/(http|persistence)/src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^building-blocks/(event-bridge|aggregates|message-bus)/' },
    },
    {
      name: 'persistence-knows-no-http',
      severity: 'error',
      from: { path: '^building-blocks/persistence/src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^building-blocks/http/' },
    },
    {
      name: 'tests-know-the-platform-from-outside',
      severity: 'error',
      from: { path: '^tests/' },
      to: { path: '^(services|local-stack)/' },
    },
    {
      name: 'deciders-are-pure',
      comment: 'No clock, no ids, no I/O: contracts only.',
      severity: 'error',
      from: {
        path: '^services/(basket/src/baskets/basket|ordering/src/orders/order|payment/src/payments/payment|products/src/stock/stock)\\.ts$',
      },
      to: { pathNot: '^building-blocks/contracts/' },
    },
    {
      name: 'migrations-mean-the-same-for-ever',
      comment: 'A migration imports no application code.',
      severity: 'error',
      from: { path: '^migrations/[^/]+/\\d+' },
      to: { pathNot: ['^migrations/tables/', '^node_modules/'] },
    },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
