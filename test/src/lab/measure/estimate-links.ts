import type { TransferKind } from '@fairhop/shared/model';
import { httpWire } from './http-wire.js';
import { type PeerWire, peerWire } from './peer-wire.js';

/** A ledger row, with the links of its path and of the way back. */
export interface WireRow {
  readonly transferId: string;
  readonly kind: TransferKind;
  readonly content: string;
  readonly source: string;
  readonly destination: string;
  readonly bytes: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Directed links that the payload crossed, and those that its acknowledgements crossed. */
  readonly links: readonly string[];
  readonly linksBack: readonly string[];
}

/** What the sizes of packets depend on beside the bytes. */
export interface WireSettings {
  /** Payload of one request to an agent, an edge or an origin. */
  requestBytes(content: string, kind: TransferKind): number;
  /** Payload of one data frame of an agent. */
  messageBytes(source: string): number;
  pieceLengthBytes(content: string): number;
}

export interface LinkEstimate {
  payloadBytes: number;
  wireBytes: number;
}

/**
 * Bytes in IPv4 packets on each directed link, from what the ledger says alone: payload with the headers of all layers, its
 * acknowledgements and requests on the way back, and what connections cost beside.
 */
export function estimateLinks(
  rows: readonly WireRow[],
  settings: WireSettings,
): ReadonlyMap<string, LinkEstimate> {
  const links = new Map<string, LinkEstimate>();
  const add = (link: string, payloadBytes: number, wireBytes: number): void => {
    const entry = links.get(link) ?? { payloadBytes: 0, wireBytes: 0 };
    entry.payloadBytes += payloadBytes;
    entry.wireBytes += wireBytes;
    links.set(link, entry);
  };
  const arrivals = arrivalsOf(rows);
  const completeMs = completionsOf(rows);
  const openUntilMs = closingOf(rows, completeMs);
  const begun = new Set<string>();
  const wireOf = (row: WireRow): PeerWire => {
    const { transferId, kind, content, source, bytes, startMs, endMs } = row;
    const requestBytes = settings.requestBytes(content, kind);
    if (kind !== 'client-to-client') return httpWire({ bytes, requestBytes });
    const isFirst = !begun.has(transferId);
    begun.add(transferId);
    const untilMs = openUntilMs(row);
    const came = arrivedBetween(arrivals.get(`${content} ${source}`) ?? [], startMs, untilMs);
    return peerWire({
      bytes,
      seconds: (endMs - startMs) / 1000,
      openSeconds: (untilMs - startMs) / 1000,
      requestBytes,
      messageBytes: settings.messageBytes(source),
      haves: came / settings.pieceLengthBytes(content),
      isFirst,
    });
  };
  const all = [...rows, ...idleChannels(rows, completeMs)].sort(
    (left, right) => left.startMs - right.startMs,
  );
  for (const row of all) {
    const wire = wireOf(row);
    for (const link of row.links) add(link, row.bytes, wire.data.bytes);
    for (const link of row.linksBack) add(link, 0, wire.answers.bytes);
  }
  return links;
}

/**
 * Channels that carried nothing and so have no row. An agent connects to all others of the swarm, each direction a channel of its
 * own: where one direction has rows the other one could connect too, and told of pieces as long as its downloader wanted some.
 */
function idleChannels(rows: readonly WireRow[], completeMs: ReadonlyMap<string, number>): WireRow[] {
  const key = (content: string, source: string, destination: string): string =>
    `${content} ${source} ${destination}`;
  const first = new Map<string, WireRow>();
  for (const row of rows) {
    if (row.kind !== 'client-to-client') continue;
    const own = key(row.content, row.source, row.destination);
    if (row.startMs < (first.get(own)?.startMs ?? Number.POSITIVE_INFINITY)) first.set(own, row);
  }
  return [...first.values()].flatMap((row) => {
    const { content, source, destination, startMs, links, linksBack } = row;
    const endMs = completeMs.get(`${content} ${source}`) ?? startMs;
    if (endMs <= startMs || first.has(key(content, destination, source))) return [];
    return [
      {
        ...row,
        transferId: `idle ${row.transferId}`,
        source: destination,
        destination: source,
        bytes: 0,
        endMs,
        links: linksBack,
        linksBack: links,
      },
    ];
  });
}

/**
 * Until when a row's channel is open on its account: it stays open until its downloader has all, and its last row stands for
 * what is left of that.
 */
function closingOf(
  rows: readonly WireRow[],
  completeMs: ReadonlyMap<string, number>,
): (row: WireRow) => number {
  const lastEndMs = new Map<string, number>();
  for (const { transferId, endMs } of rows)
    lastEndMs.set(transferId, Math.max(lastEndMs.get(transferId) ?? 0, endMs));
  return ({ transferId, content, destination, endMs }) =>
    endMs === lastEndMs.get(transferId) ? completeMs.get(`${content} ${destination}`)! : endMs;
}

/** When each host had got what it got of each content. */
function completionsOf(rows: readonly WireRow[]): ReadonlyMap<string, number> {
  const completeMs = new Map<string, number>();
  for (const { content, destination, endMs } of rows) {
    const key = `${content} ${destination}`;
    completeMs.set(key, Math.max(completeMs.get(key) ?? 0, endMs));
  }
  return completeMs;
}

interface Arrival {
  readonly startMs: number;
  readonly endMs: number;
  readonly bytes: number;
}

/** What each host got of each content, and when. */
function arrivalsOf(rows: readonly WireRow[]): ReadonlyMap<string, readonly Arrival[]> {
  const arrivals = new Map<string, Arrival[]>();
  for (const { content, destination, startMs, endMs, bytes } of rows) {
    const key = `${content} ${destination}`;
    arrivals.set(key, [...(arrivals.get(key) ?? []), { startMs, endMs, bytes }]);
  }
  return arrivals;
}

/** Bytes that came in a span of time, each row's evenly over its own. */
function arrivedBetween(arrivals: readonly Arrival[], fromMs: number, toMs: number): number {
  return arrivals.reduce((total, { startMs, endMs, bytes }) => {
    const overlapMs = Math.min(toMs, endMs) - Math.max(fromMs, startMs);
    return overlapMs <= 0 ? total : total + (bytes * overlapMs) / Math.max(1, endMs - startMs);
  }, 0);
}
