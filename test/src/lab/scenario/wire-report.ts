import type { LedgerEvent } from '@fairhop/shared/contract';
import type { Internet } from '../internet-model.js';
import { compareLinks, linkName } from '../measure/compare-links.js';
import { estimateLinks } from '../measure/estimate-links.js';
import type { LabReport } from '../measure/report.js';
import type { WireRow } from '../measure/wire-row.js';
import type { PeeringCount } from '../truth/counters.js';
import type { ExplainedEpoch } from './epochs.js';
import type { SentReport } from './sent-report.js';
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
  readonly declaredAsns: ReadonlySet<number>;
  readonly sent: SentReport;
}

/**
 * Bytes on each link between two ASes, and on each single peering link that a declaration names: the ledger's and the kernels'. What
 * crossed the others is counted as unnamed.
 */
export function wireReport({
  internet,
  events,
  epochs,
  titles,
  counters,
  declaredAsns,
  sent,
}: WireInput): Pick<LabReport, 'links' | 'peerings' | 'unnamedPeeringBytes'> {
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
    sentPerVerified: (source, destination, content) => sent.perVerified(source, destination, content),
    messageBytes: () =>
      Math.min(
        MAX_MESSAGE_BYTES,
        Math.max(MIN_MESSAGE_BYTES, Math.floor((UPLOAD_BITS_PER_SECOND / 8) * MESSAGE_SECONDS)),
      ),
  });
  const counted = { links: new Map<string, number>(), peerings: new Map<string, number>() };
  const count = (into: Map<string, number>, name: string, bytes: number): void => {
    into.set(name, (into.get(name) ?? 0) + bytes);
  };
  let unnamedPeeringBytes = 0;
  for (const { from, to, peering, payloadBytes } of counters) {
    count(counted.links, linkName({ from, to }), payloadBytes);
    if (declaredAsns.has(from) || declaredAsns.has(to))
      count(counted.peerings, linkName({ from, to, peering }), payloadBytes);
    else unnamedPeeringBytes += payloadBytes;
  }
  const isPeering = (name: string): boolean => name.includes('/');
  const estimated = (ofPeerings: boolean) =>
    new Map([...estimates].filter(([name]) => isPeering(name) === ofPeerings));
  return {
    links: compareLinks(estimated(false), counted.links),
    peerings: compareLinks(estimated(true), counted.peerings),
    unnamedPeeringBytes,
  };
}

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
