import type { BenchResult } from './result.js';

const benchmarks: Record<string, () => Promise<{ run(): Promise<BenchResult> }>> = {
  transfer: () => import('./transfer.js'),
  receipts: () => import('./receipts.js'),
  swarm: () => import('./swarm.js'),
  selection: () => import('./selection.js'),
  ingest: () => import('./ingest.js'),
  ledger: () => import('./ledger.js'),
  mrt: () => import('./mrt.js'),
  fuzz: () => import('./fuzz.js'),
  adversaries: () => import('./adversaries.js'),
  crash: () => import('./crash.js'),
  policy: () => import('./policy.js'),
};

const usage = `usage: npm run bench -- NAME [--json]

Runs one benchmark against a reference measured in the same run.
  transfer   one agent to another on loopback, against raw node-datachannel
  receipts   what receipts and statements cost a transfer, against it without them
  swarm      12 agents in 3 ISPs, against the fluid bound
  selection  100,000 agents in 1,000 swarms, against a scan of the swarm
  ingest     the ledger, against bare inserts and SQL scans
  ledger     ten million events of a month, against bare inserts and DuckDB
  mrt        a RIB of a million prefixes, against bgpdump and gunzip
  fuzz       a million malformed inputs, each to be refused with its code
  adversaries  20 worlds of 200 agents of which 30 % cheat, against the truth
  crash      200 kills during transfers and ingest, against the signed receipts
  policy     a link capped at a third of its demand, against the same without the policy

--json prints one JSON document. npm prints its own banner on standard output, so say
  npm run --silent bench -- NAME --json

Exit codes: 0 every target reached, 1 a target missed, 2 wrong usage.
`;

const table = (result: BenchResult): string => {
  const rows = Object.entries(result.figures).map(([name, { value, unit, target, ok }]) => [
    name,
    Number.isInteger(value) ? String(value) : value.toPrecision(4),
    unit,
    target,
    ok ? 'ok' : 'MISSED',
  ]);
  const all = [['figure', 'value', 'unit', 'target', ''], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return [`${result.name}: against ${result.reference}`, ...lines, ''].join('\n');
};

const [name = '', ...flags] = process.argv.slice(2).filter((argument) => argument !== '--');
if (name === '--help') {
  process.stdout.write(usage);
  process.exit(0);
}
const load = benchmarks[name];
const unknownFlag = flags.find((flag) => flag !== '--json');
if (load === undefined || unknownFlag !== undefined) {
  const problem = load === undefined ? `no benchmark is called "${name}"` : `unknown option ${unknownFlag}`;
  process.stderr.write(`bench: ${problem}\n\n${usage}`);
  process.exit(2);
}
const result = await (await load()).run();
process.stdout.write(flags.includes('--json') ? `${JSON.stringify(result, null, 2)}\n` : table(result));
process.exit(Object.values(result.figures).every((figure) => figure.ok) ? 0 : 1);
