import { BIN_MS } from '@fairhop/shared/model';
import type { TransferEvent } from './event.js';

/** What a reporter said of some bytes of a part. */
export interface Saying {
  readonly bin: number;
  readonly kind: string;
  /** A host and its address. */
  readonly source: string;
  readonly destination: string;
  /** Content, title, owner, category and size. */
  readonly file: string;
  readonly maxRate: number;
  readonly fromBytes: number | null;
  readonly bytes: number;
  /** Milliseconds after the bin's begin. */
  readonly start: number;
  readonly end: number;
}

export const sayingOf = (event: TransferEvent): Saying => ({
  bin: event.binMs / BIN_MS,
  kind: event.kind,
  source: `${event.source} ${event.sourceAddress}`,
  destination: `${event.destination} ${event.destinationAddress}`,
  file: [event.contentId, event.title, event.owner, event.category, event.sizeBytes].join(' '),
  maxRate: event.maxRateBitsPerSecond,
  fromBytes: event.fromBytes ?? null,
  bytes: event.bytes,
  start: event.startMs - event.binMs,
  end: event.endMs - event.binMs,
});

/**
 * All that was said of a part, bin by bin, as a text to compare; what it was said in is in the order of times. Networks and path
 * are no part of it, nor where paths cut a bin: they are what we know of the addresses at those times, and may be known better by
 * now.
 */
export function wholeOf(sayings: readonly Saying[]): string {
  const bins: Saying[] = [];
  for (const saying of sayings) {
    const before = bins.at(-1);
    if (before?.bin !== saying.bin) bins.push(saying);
    else
      bins[bins.length - 1] = {
        ...saying,
        start: before.start,
        fromBytes: before.fromBytes,
        bytes: before.bytes + saying.bytes,
      };
  }
  return JSON.stringify(
    bins.map(({ bin, kind, source, destination, file, maxRate, fromBytes, bytes, start, end }) => [
      ...[bin, kind, source, destination, file, maxRate, fromBytes, bytes, start, end],
    ]),
  );
}
