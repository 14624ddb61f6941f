import type { AddressInput } from './address.js';
import {
  type AsGraphFile,
  type AsGraphProblemCode,
  type AsLink,
  asGraphSchema,
  type Exchange,
} from './as-graph-schema.js';
import { NetError } from './net-error.js';
import { parsePrefix } from './prefix.js';
import { createPrefixTable } from './prefix-table.js';

export interface AsGraphProblem {
  readonly code: AsGraphProblemCode;
  /** Where in the file: `['links', 3, 'from']`. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** An AS graph that was refused, with everything that is wrong in it. */
export class AsGraphError extends NetError {
  override readonly name = 'AsGraphError';

  constructor(readonly problems: readonly AsGraphProblem[]) {
    const first = problems[0];
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    super(
      'as-graph-invalid',
      first ? `AS graph: ${formatPath(first.path)}: ${first.message}${more}` : 'AS graph is invalid',
    );
  }
}

export type AutonomousSystem = AsGraphFile['ases'][number];
export type Isp = AsGraphFile['isps'][number];

/** The operator's ASes, ISPs, prefixes and links. Every lookup gives undefined for what is unknown. */
export interface AsGraph {
  readonly ases: readonly AutonomousSystem[];
  readonly isps: readonly Isp[];
  readonly prefixes: AsGraphFile['prefixes'];
  readonly links: readonly AsLink[];
  /** @throws NetError `address-malformed`. */
  asOf(address: AddressInput): number | undefined;
  /** The longest prefix around the address: whose it is, and its bits. Throws as `asOf`. */
  prefixAround(address: AddressInput): { readonly asn: number; readonly length: number } | undefined;
  autonomousSystem(asn: number): AutonomousSystem | undefined;
  ispOf(asn: number): string | undefined;
  /** Ids are compared without regard to case: `SP1` finds `sp1`. */
  isp(id: string): Isp | undefined;
  /** AS numbers of the ISP, ascending; empty for an unknown one. */
  asesOfIsp(id: string): readonly number[];
  country(asn: number): string | undefined;
  readonly exchanges: readonly Exchange[];
  /** The exchange point in whose LAN the address lies. Throws as `asOf`. */
  exchangeOf(address: AddressInput): Exchange | undefined;
}

/** @throws AsGraphError with all problems of the file. */
export function createAsGraph(json: unknown): AsGraph {
  const parsed = asGraphSchema.safeParse(json);
  if (!parsed.success) {
    throw new AsGraphError(
      parsed.error.issues.map((issue) => ({
        code: (issue.code === 'custom' ? issue.params?.['code'] : undefined) ?? 'shape',
        path: issue.path,
        message: issue.message,
      })),
    );
  }
  const file = parsed.data;
  const table = createPrefixTable(
    file.prefixes.map(({ prefix: text, asn }) => {
      const prefix = parsePrefix(text);
      return { prefix, value: { asn, length: prefix.length } };
    }),
  );
  const lans = createPrefixTable(
    file.exchanges.flatMap((exchange, index) => exchange.lans.map((prefix) => ({ prefix, value: index }))),
  );
  const ases = new Map(file.ases.map((entry) => [entry.asn, entry]));
  const isps = new Map(file.isps.map((entry) => [entry.id, entry]));
  const asesOfIsp = new Map<string, number[]>(file.isps.map(({ id }) => [id, []]));
  for (const { asn, isp } of file.ases) asesOfIsp.get(isp)?.push(asn);
  for (const list of asesOfIsp.values()) list.sort((left, right) => left - right);
  return {
    ases: file.ases,
    isps: file.isps,
    prefixes: file.prefixes,
    links: file.links,
    asOf: (address) => table.lookup(address)?.asn,
    prefixAround: (address) => table.lookup(address),
    autonomousSystem: (asn) => ases.get(asn),
    ispOf: (asn) => ases.get(asn)?.isp,
    isp: (id) => isps.get(id.toLowerCase()),
    asesOfIsp: (id) => asesOfIsp.get(id.toLowerCase()) ?? [],
    country: (asn) => ases.get(asn)?.country,
    exchanges: file.exchanges,
    exchangeOf: (address) => {
      const index = lans.lookup(address);
      return index === undefined ? undefined : file.exchanges[index];
    },
  };
}

function formatPath(path: readonly PropertyKey[]): string {
  return path.length === 0 ? '(the whole file)' : path.map(String).join('.');
}
