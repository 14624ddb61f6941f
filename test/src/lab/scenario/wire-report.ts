import type { LedgerEvent } from '@fairhop/shared/contract';
import type { ExplainedPath } from '@fairhop/shared/model';
import type { Internet } from '../internet-model.js';
import { compareLinks, type LinkComparison, type LinkKey, linkName } from '../measure/compare-links.js';
import { estimateLinks, type WireRow } from '../measure/estimate-links.js';
import type { PeeringCount } from '../truth/counters.js';
import type { ExplainedEpoch } from './epochs.js';
import { MIB, UPLOAD_BITS_PER_SECOND } from './settings.js';
import type { PublishedTitle } from './titles.js';

/** Bytes of one request at most, to an agent as to an edge. */
const MAX_REQUEST_BYTES = MIB;
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
  const rows = events.map((event) => wireRow(internet, event, epochs));
  const estimates = estimateLinks(rows, {
    pieceLengthBytes,
    requestBytes: (content, kind) =>
      kind === 'origin-to-edge' ? MAX_REQUEST_BYTES : Math.min(MAX_REQUEST_BYTES, pieceLengthBytes(content)),
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

function wireRow(internet: Internet, event: LedgerEvent, epochs: readonly ExplainedEpoch[]): WireRow {
  const { transferId, kind, contentId, source, destination, bytes, startMs, endMs } = event;
  return {
    transferId,
    kind,
    content: contentId,
    source,
    destination,
    bytes,
    startMs,
    endMs,
    links: linksOf(event.path?.components ?? []),
    linksBack: linksOf(wayBack(internet, event, epochs)?.elements.map(({ component }) => component) ?? []),
  };
}

/** What accounting says of the way from the receiver to the sender when the row was halfway. */
function wayBack(
  internet: Internet,
  { sourceAddress, destinationAddress, startMs, endMs }: LedgerEvent,
  epochs: readonly ExplainedEpoch[],
): ExplainedPath['path'] | undefined {
  const atMs = (startMs + endMs) / 2;
  const epoch = epochs.findLast(({ fromMs }) => fromMs <= atMs) ?? epochs[0]!;
  const nameOf = (address: string) => internet.hosts.find((host) => host.address === address)?.name;
  const [from, to] = [nameOf(destinationAddress), nameOf(sourceAddress)];
  const index = epoch.truth.findIndex(({ source, destination }) => source === from && destination === to);
  return epoch.explained[index]?.path;
}

/** Directed links between ASes, and the single ones where they are known, as `linkName` writes them. */
const linksOf = (components: readonly string[]): string[] =>
  components.flatMap((component) => {
    const [, name] = /^(?:link|peering):(.*)$/.exec(component) ?? [];
    return name === undefined ? [] : [name];
  });
