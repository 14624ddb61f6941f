import type { TransferKind } from '@fairhop/shared/model';
import { httpWire } from './http-wire.js';
import { channelWire, type PeerWire, payloadWire } from './peer-wire.js';
import { createSwarmHistory } from './swarm-history.js';
import type { WireRow } from './wire-row.js';

/** What the sizes of packets, and their ways, depend on beside the rows. */
export interface WireSettings {
  /** Payload of one request to an agent, an edge or an origin. */
  requestBytes(content: string, kind: TransferKind): number;
  /** Payload that a server writes at a time; undefined for one without a cap. */
  writeBytes(kind: TransferKind): number | undefined;
  /** Payload of one data frame of an agent. */
  messageBytes(source: string): number;
  pieceLengthBytes(content: string): number;
  /** Payload that an uploader says it sent ÷ what of it was verified: what was lost to it or sent again is on the wire too. */
  sentPerVerified(source: string, destination: string, content: string): number;
  /** Directed links from one host to another at a time. */
  links(source: string, destination: string, atMs: number): readonly string[];
  /** Times at which ways changed, ascending. */
  readonly changesMs: readonly number[];
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
  const estimates = new Map<string, LinkEstimate>();
  const add = (links: readonly string[], payloadBytes: number, wireBytes: number): void => {
    for (const link of links) {
      const entry = estimates.get(link) ?? { payloadBytes: 0, wireBytes: 0 };
      entry.payloadBytes += payloadBytes;
      entry.wireBytes += wireBytes;
      estimates.set(link, entry);
    }
  };
  for (const row of rows) {
    const { data, answers } = rowWire(row, settings);
    const halfwayMs = (row.startMs + row.endMs) / 2;
    add(row.links, row.bytes, data.bytes);
    add(settings.links(row.destination, row.source, halfwayMs), 0, answers.bytes);
  }
  const swarm = createSwarmHistory(rows);
  for (const { content, source, destination, fromMs, toMs, openings } of swarm.channels) {
    const cuts = [fromMs, ...settings.changesMs.filter((cutMs) => cutMs > fromMs && cutMs < toMs), toMs];
    for (const [index, untilMs] of cuts.slice(1).entries()) {
      const sinceMs = cuts[index]!;
      const told = swarm.arrived(content, source, sinceMs, untilMs);
      const { data, answers } = channelWire({
        openSeconds: (untilMs - sinceMs) / 1000,
        openings: index === 0 ? openings : 0,
        haves: told / settings.pieceLengthBytes(content),
      });
      const halfwayMs = (sinceMs + untilMs) / 2;
      add(settings.links(source, destination, halfwayMs), 0, data.bytes);
      add(settings.links(destination, source, halfwayMs), 0, answers.bytes);
    }
  }
  return estimates;
}

function rowWire(
  { kind, content, source, destination, bytes, startMs, endMs }: WireRow,
  settings: WireSettings,
): PeerWire {
  const requestBytes = settings.requestBytes(content, kind);
  if (kind !== 'client-to-client')
    return httpWire({ bytes, requestBytes, writeBytes: settings.writeBytes(kind) });
  const seconds = (endMs - startMs) / 1000;
  const sentBytes = bytes * settings.sentPerVerified(source, destination, content);
  return payloadWire({
    bytes: sentBytes,
    seconds,
    requestBytes,
    messageBytes: settings.messageBytes(source),
  });
}
