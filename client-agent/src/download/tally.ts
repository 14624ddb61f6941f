import type { Asn } from '@fairhop/shared/model';
import { countVerified, countWasted, type DownloadCounters, zeroCounters } from './counters.js';
import { createMovingRate } from './moving-rate.js';
import type { SourceState } from './source-state.js';

const RATE_WINDOW_MS = 5000;
const MINUTE_MS = 60_000;

/** Counts what a download received, by source and in all. */
export class Tally {
  readonly counters: Readonly<DownloadCounters>;
  readonly #counters = zeroCounters();
  readonly #rate = createMovingRate(RATE_WINDOW_MS);
  readonly #lastMinute = createMovingRate(MINUTE_MS);

  constructor(readonly ownAsn: () => Asn | null) {
    this.counters = this.#counters;
  }

  received(bytes: number, nowMs: number): void {
    this.#rate.add(bytes, nowMs);
    this.#lastMinute.add(bytes, nowMs);
  }

  /** Bytes that matched their hash: their source gets its receipt for them. */
  verified(state: SourceState, bytes: number): void {
    state.verifiedBytes += bytes;
    countVerified(this.#counters, state.source, bytes, this.ownAsn());
    state.source.acknowledge(bytes);
  }

  wasted(state: SourceState, bytes: number): void {
    countWasted(this.#counters, state.source, bytes, this.ownAsn());
  }

  /** Over the last five seconds. */
  bytesPerSecond(nowMs: number): number {
    return this.#rate.bytesPerSecond(nowMs);
  }

  lastMinuteBytesPerSecond(nowMs: number): number {
    return this.#lastMinute.bytesPerSecond(nowMs);
  }
}
