import { binOf, type EdgeTransferRecord } from '@fairhop/shared/model';

/** What stays the same over all parts of a transfer between two addresses. */
export type TransferFacts = Omit<
  EdgeTransferRecord,
  'type' | 'part' | 'bytes' | 'startMs' | 'endMs' | 'maxRateBitsPerSecond'
>;

/** A transfer without bytes for so long ends its part, so that the ledger is not behind. */
const idleMs = 2_000;
const windowMs = 1_000;

export interface PartMeterConfig {
  maxPartMs: number;
  /** Number of a transfer's next part, counted over all its addresses. */
  nextPart(transferId: string): number;
}

interface OpenPart {
  readonly facts: TransferFacts;
  readonly part: number;
  readonly startMs: number;
  endMs: number;
  bytes: number;
  window: number;
  windowBytes: number;
  maxWindowBytes: number;
  isDirty: boolean;
}

/** Turns bytes as they leave into parts: cut at 5-minute UTC bin edges, after `maxPartMs`, and when idle. */
export interface PartMeter {
  /** `bytes` of a transfer went out between `sinceMs` and `nowMs`. Requests with the same token share their parts. */
  count(facts: TransferFacts, bytes: number, sinceMs: number, nowMs: number): void;
  /** Parts that are over, each once; `all` ends every part. */
  takeClosed(nowMs: number, all?: boolean): EdgeTransferRecord[];
  /** Running parts that grew since they were last asked for. */
  takeGrown(): EdgeTransferRecord[];
}

export function createPartMeter({ maxPartMs, nextPart }: PartMeterConfig): PartMeter {
  /** By transfer and addresses: at most the responses of the last two seconds. */
  const open = new Map<string, OpenPart>();
  let closed: EdgeTransferRecord[] = [];

  const begin = (facts: TransferFacts, startMs: number): OpenPart => ({
    facts,
    part: nextPart(facts.transferId),
    startMs,
    endMs: startMs,
    bytes: 0,
    window: 0,
    windowBytes: 0,
    maxWindowBytes: 0,
    isDirty: false,
  });

  return {
    count: (facts, bytes, sinceMs, nowMs) => {
      if (bytes <= 0) return;
      const key = `${facts.transferId} ${facts.sourceAddress} ${facts.destinationAddress}`;
      let part = open.get(key);
      // A clock that is set back must not make a part end before its start.
      const endMs = Math.max(nowMs, part?.endMs ?? 0);
      let startMs = Math.max(Math.min(sinceMs, endMs), binOf(endMs));
      if (part !== undefined && isOver(part, endMs, maxPartMs)) {
        closed.push(recordOf(part));
        startMs = Math.max(startMs, part.endMs);
        part = undefined;
      }
      part ??= begin(facts, startMs);
      open.set(key, part);
      part.bytes += bytes;
      part.endMs = endMs;
      part.isDirty = true;
      const window = Math.floor(endMs / windowMs);
      if (window !== part.window) {
        part.window = window;
        part.windowBytes = 0;
      }
      part.windowBytes += bytes;
      part.maxWindowBytes = Math.max(part.maxWindowBytes, part.windowBytes);
    },
    takeClosed: (nowMs, all = false) => {
      for (const [key, part] of open) {
        if (!all && !isOver(part, nowMs, maxPartMs) && nowMs - part.endMs < idleMs) continue;
        open.delete(key);
        closed.push(recordOf(part));
      }
      const taken = closed;
      closed = [];
      return taken;
    },
    takeGrown: () => {
      const grown: EdgeTransferRecord[] = [];
      for (const part of open.values()) {
        if (!part.isDirty) continue;
        part.isDirty = false;
        grown.push(recordOf(part));
      }
      return grown;
    },
  };
}

const isOver = ({ startMs }: OpenPart, nowMs: number, maxPartMs: number): boolean =>
  nowMs - startMs >= maxPartMs || binOf(nowMs) !== binOf(startMs);

const recordOf = ({ facts, part, bytes, startMs, endMs, maxWindowBytes }: OpenPart): EdgeTransferRecord => ({
  type: 'edge-transfer',
  ...facts,
  part,
  bytes,
  startMs,
  endMs,
  maxRateBitsPerSecond: Math.round((maxWindowBytes * 8 * 1000) / windowMs),
});
