const parts = ['coordinator', 'edge', 'client-agent', 'accounting'];
/** The rules of the house: see ARCHITECTURE.md. */
module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    ...parts.map((part) => ({
      name: `${part}-imports-only-shared-and-itself`,
      comment: 'Parts meet only through shared/src/contract.',
      severity: 'error',
      from: { path: `^${part}/src` },
      to: { path: `^(${[...parts, 'fairhop', 'test'].filter((other) => other !== part).join('|')})/` },
    })),
    {
      name: 'shared-imports-no-part',
      severity: 'error',
      from: { path: '^shared/src' },
      to: { path: `^(${[...parts, 'fairhop', 'test'].join('|')})/` },
    },
    {
      name: 'model-stands-on-nothing',
      severity: 'error',
      from: { path: '^shared/src/model/' },
      to: { path: '^shared/src/(?!model/)' },
    },
    {
      name: 'net-stands-on-model',
      severity: 'error',
      from: { path: '^shared/src/net/' },
      to: { path: '^shared/src/(?!net/|model/)' },
    },
    {
      name: 'probe-stands-on-model-and-net',
      severity: 'error',
      from: { path: '^shared/src/probe/' },
      to: { path: '^shared/src/(crypto|wire|contract|service)/' },
    },
    {
      name: 'crypto-wire-contract-stand-on-model',
      severity: 'error',
      from: { path: '^shared/src/(crypto|wire|contract)/' },
      to: { path: '^shared/src/(net|service)/' },
    },
    {
      name: 'crypto-stands-alone',
      severity: 'error',
      from: { path: '^shared/src/crypto/' },
      to: { path: '^shared/src/(wire|contract)/' },
    },
    {
      name: 'product-does-not-import-tests',
      severity: 'error',
      from: { path: '^(?!test/)', pathNot: '\\.test\\.ts$' },
      to: { path: '\\.test\\.ts$|^test/' },
    },
    { name: 'not-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules|dist' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['fairhop-source', 'import', 'require', 'node', 'default', 'types'],
    },
  },
};
