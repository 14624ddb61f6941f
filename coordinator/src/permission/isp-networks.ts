import { FairhopError, type FieldError } from '@fairhop/shared/model';
import { type AsGraph, formatAddress, NetError, type Prefix, parsePrefix } from '@fairhop/shared/net';

/** An ISP's own address space, as the AS graph tells it. */
export interface IspNetworks {
  /**
   * Throws `network-malformed` (400) and `network-not-of-isp` (422), with the path of each wrong network below `path`.
   */
  require(isp: string, networks: readonly string[], path: string): void;
  /** Whether all of them are right. */
  contain(isp: string, networks: readonly string[]): boolean;
}

interface Range {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** @param currentGraph gives another graph when the operator changed it. */
export function createIspNetworks(currentGraph: () => AsGraph): IspNetworks {
  let known: { readonly graph: AsGraph; readonly holds: Holds } | undefined;
  const holds: Holds = (isp, prefix) => {
    const graph = currentGraph();
    if (known?.graph !== graph) known = { graph, holds: holdsOf(graph) };
    return known.holds(isp, prefix);
  };
  return {
    require(isp, networks, path) {
      const malformed: FieldError[] = [];
      const foreign: FieldError[] = [];
      for (const [index, network] of networks.entries()) {
        const prefix = readPrefix(network);
        const place = `${path}.${index}`;
        if ('problem' in prefix) malformed.push({ path: place, message: prefix.problem });
        else if (!holds(isp, prefix)) {
          foreign.push({ path: place, message: `${network} does not lie within the prefixes of ISP ${isp}` });
        }
      }
      if (malformed.length > 0) {
        const message = `networks: ${malformed[0]!.message}`;
        throw new FairhopError('network-malformed', message, { status: 400, errors: malformed });
      }
      if (foreign.length > 0) {
        const message = `${foreign[0]!.message}; state networks that the AS graph gives to ${isp}`;
        throw new FairhopError('network-not-of-isp', message, { status: 422, errors: foreign });
      }
    },
    contain: (isp, networks) =>
      networks.every((network) => {
        const prefix = readPrefix(network);
        return !('problem' in prefix) && holds(isp, prefix);
      }),
  };
}

/** The whole range is the ISP's, and no more specific prefix gives its beginning to another one. */
type Holds = (isp: string, prefix: Prefix) => boolean;

function holdsOf(graph: AsGraph): Holds {
  const rangesByIsp = new Map<string, Range[]>();
  for (const { prefix, asn } of graph.prefixes) {
    const isp = graph.ispOf(asn);
    if (isp === undefined) continue;
    const ranges = rangesByIsp.get(isp) ?? [];
    ranges.push(rangeOf(parsePrefix(prefix)));
    rangesByIsp.set(isp, ranges);
  }
  for (const [isp, ranges] of rangesByIsp) rangesByIsp.set(isp, merge(ranges));

  return (isp, prefix) => {
    const range = rangeOf(prefix);
    const isWithin = rangesByIsp
      .get(isp)
      ?.some(
        ({ family, first, last }) => family === range.family && first <= range.first && range.last <= last,
      );
    return isWithin === true && ispOfFirst(graph, prefix) === isp;
  };
}

const ispOfFirst = (graph: AsGraph, { family, first }: Prefix): string | undefined => {
  const address =
    family === 4 ? formatAddress({ family, value: first }) : formatAddress({ family, value: first });
  const asn = graph.asOf(address);
  return asn === undefined ? undefined : graph.ispOf(asn);
};

function readPrefix(text: string): Prefix | { problem: string } {
  try {
    return parsePrefix(text);
  } catch (error) {
    if (error instanceof NetError) return { problem: error.message };
    throw error;
  }
}

const rangeOf = ({ family, first, last }: Prefix): Range => ({
  family,
  first: BigInt(first),
  last: BigInt(last),
});

/** Neighbouring and nested ranges become one. */
function merge(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  const sorted = [...ranges].sort((left, right) =>
    left.family === right.family
      ? Number(left.first > right.first) - Number(left.first < right.first)
      : left.family - right.family,
  );
  for (const range of sorted) {
    const before = merged.at(-1);
    if (!before || before.family !== range.family || range.first > before.last + 1n) merged.push(range);
    else if (range.last > before.last) merged[merged.length - 1] = { ...before, last: range.last };
  }
  return merged;
}
