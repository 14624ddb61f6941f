import type { LedgerEvent } from '@fairhop/shared/contract';
import type { Internet } from '../internet-model.js';
import { compareLinks, type LinkComparison, type LinkKey, linkName } from '../measure/compare-links.js';
import { estimateLinks } from '../measure/estimate-links.js';
import type { WireRow } from '../measure/wire-row.js';
import type { PeeringCount } from '../truth/counters.js';
import type { ExplainedEpoch } from './epochs.js';
import { EDGE_BITS_PER_SECOND, MIB, UPLOAD_BITS_PER_SECOND } from './settings.js';
import type { PublishedTitle } from './titles.js';

/** Bytes of one request at most, to an agent as to an edge. */
const MAX_REQUEST_BYTES = MIB;
/** An edge under a cap writes what 50 ms of it carry at a time. */
const EDGE_WRITE_BYTES = Math.min(64 * 1024, Math.floor((EDGE_BITS_PER_SECOND / 8) * 0.05));
/** An uploader sends a quarter of what 50 ms of its rate carry at a time, within these bounds. */
const MESSAGE_SECONDS = 0.05 / 4;
const MIN_MESSAGE_BYTES = 4 * 1024;
const MAX_MESSAGE_BYTES = 60 * 1024;

export interface WireInput {
  readonly internet: Internet;
  readonly events: readonly LedgerEvent[];
  readonly epochs: readonly ExplainedEpoch[];
  readonly titles: readonly PublishedTitle[];
  readonly counters: readonly PeeringCount[];
}

/** Bytes on each link between two ASes, and on each of several links between the same two: the ledger's and the kernels'. */
export function wireReport({ internet, events, epochs, titles, counters }: WireInput): {
  links: LinkComparison[];
  peerings: LinkComparison[];
} {
  const pieceLengths = new Map(
    titles.map(({ contentId, pieceLengthBytes }) => [contentId, pieceLengthBytes]),
  );
  const pieceLengthBytes = (content: string): number => pieceLengths.get(content) ?? MAX_REQUEST_BYTES;
  const rows = events.map(wireRow);
  const estimates = estimateLinks(rows, {
    pieceLengthBytes,
    links: linksBetween(internet, events, epochs),
    changesMs: epochs.slice(1).map(({ fromMs }) => fromMs),
    requestBytes: (content, kind) =>
      kind === 'origin-to-edge' ? MAX_REQUEST_BYTES : Math.min(MAX_REQUEST_BYTES, pieceLengthBytes(content)),
    writeBytes: (kind) => (kind === 'origin-to-edge' ? undefined : EDGE_WRITE_BYTES),
    messageBytes: () =>
      Math.min(
        MAX_MESSAGE_BYTES,
        Math.max(MIN_MESSAGE_BYTES, Math.floor((UPLOAD_BITS_PER_SECOND / 8) * MESSAGE_SECONDS)),
      ),
  });
  const counted = new Map<string, number>();
  for (const { from, to, peering, payloadBytes } of counters) {
    for (const name of [linkName({ from, to }), linkName({ from, to, peering })])
      counted.set(name, (counted.get(name) ?? 0) + payloadBytes);
  }
  const ofAses = new Map(counters.map(({ from, to }) => [linkName({ from, to }), { from, to }]));
  const single: LinkKey[] = counters
    .filter((one) => counters.some((other) => other !== one && isBeside(one, other)))
    .map(({ from, to, peering }) => ({ from, to, peering }))
    .filter((key) => estimates.has(linkName(key)));
  return {
    links: compareLinks([...ofAses.values()], estimates, counted),
    peerings: compareLinks(single, estimates, counted),
  };
}

const isBeside = (one: PeeringCount, other: PeeringCount): boolean =>
  one.from === other.from && one.to === other.to;

const wireRow = (event: LedgerEvent): WireRow => ({
  transferId: event.transferId,
  kind: event.kind,
  content: event.contentId,
  source: event.source,
  destination: event.destination,
  bytes: event.bytes,
  startMs: event.startMs,
  endMs: event.endMs,
  links: linksOf(event.path?.components ?? []),
});

/** Links from one host of the ledger to another, as accounting explains them for the time that is asked about. */
function linksBetween(
  internet: Internet,
  events: readonly LedgerEvent[],
  epochs: readonly ExplainedEpoch[],
): (source: string, destination: string, atMs: number) => readonly string[] {
  const nodes = new Map(internet.hosts.map(({ address, name }) => [address, name]));
  const nodeOf = new Map(
    events.flatMap(({ source, sourceAddress, destination, destinationAddress }) => [
      [source, nodes.get(sourceAddress)],
      [destination, nodes.get(destinationAddress)],
    ]),
  );
  const ways = epochs.map(({ fromMs, truth, explained }) => ({
    fromMs,
    links: new Map(
      truth.map(({ source, destination }, index) => {
        const elements = explained[index]?.path?.elements ?? [];
        return [`${source} ${destination}`, linksOf(elements.map(({ component }) => component))];
      }),
    ),
  }));
  return (source, destination, atMs) => {
    const { links } = ways.findLast(({ fromMs }) => fromMs <= atMs) ?? ways[0]!;
    return links.get(`${nodeOf.get(source)} ${nodeOf.get(destination)}`) ?? [];
  };
}

/** Directed links between ASes, and the single ones where they are known, as `linkName` writes them. */
const linksOf = (components: readonly string[]): string[] =>
  components.flatMap((component) => {
    const [, name] = /^(?:link|peering):(.*)$/.exec(component) ?? [];
    return name === undefined ? [] : [name];
  });
