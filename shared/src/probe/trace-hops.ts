import { formatAddress, parseAddress } from '../net/index.js';

/** An answer to one probe. */
interface TraceReply {
  /** Canonical text of the address. */
  readonly address: string;
  /** As the tool printed it; in lower case. */
  readonly name?: string;
  readonly roundTripMicros: number;
}

/** One hop; without replies it was silent, or told only that it goes no further. */
export interface TraceHop {
  readonly timeToLive: number;
  readonly replies: readonly TraceReply[];
}

/** What `pathEvidenceRecordSchema` takes: initial TTLs are at most 255, tools stop at 30 or 64. */
const MAX_TIME_TO_LIVE = 64;
const MAX_REPLIES = 5;
const MAX_ROUND_TRIP_MICROS = 60_000_000;
/** DNS: 253 characters of letters, digits, dots and hyphens; underscores occur. */
export const namePattern = /^[A-Za-z0-9._-]{1,253}$/;

interface GivenReply {
  readonly address: string | undefined;
  readonly name?: string | undefined;
  readonly roundTripMs: number;
  /** It says that it goes no further (`!H`, `!N`, `!X`). */
  readonly isRefusal?: boolean;
}

/** Collects hops as a tool prints them: only ever the next ones, and never more than a record takes. */
export interface HopList {
  /** Begins a hop, or goes on with the last one. False if its TTL is out of order or range: what follows is left out. */
  begin(timeToLive: number): boolean;
  reply(reply: GivenReply): void;
  readonly hops: readonly TraceHop[];
}

export function createHopList(): HopList {
  const hops: { timeToLive: number; replies: TraceReply[] }[] = [];
  let isOpen = false;
  return {
    begin(timeToLive) {
      const last = hops.at(-1)?.timeToLive ?? 0;
      isOpen = timeToLive >= 1 && timeToLive <= MAX_TIME_TO_LIVE && timeToLive >= last;
      if (isOpen && timeToLive > last) hops.push({ timeToLive, replies: [] });
      return isOpen;
    },
    reply({ address, name, roundTripMs, isRefusal = false }) {
      const roundTripMicros = Math.round(roundTripMs * 1000);
      const replies = hops.at(-1)?.replies;
      if (!isOpen || replies === undefined || address === undefined || replies.length >= MAX_REPLIES) return;
      if (!(roundTripMicros >= 0 && roundTripMicros <= MAX_ROUND_TRIP_MICROS)) return;
      // A router refuses probes of every later TTL, too: it is one hop, at the first.
      const isRepeated = hops
        .slice(0, -1)
        .some((hop) => hop.replies.some((reply) => reply.address === address));
      if (isRefusal && isRepeated) return;
      const isName = name !== undefined && name !== address && namePattern.test(name);
      replies.push({ address, ...(isName && { name: name.toLowerCase() }), roundTripMicros });
    },
    hops,
  };
}

/** The address in a word such as `192.0.2.1`, `(192.0.2.1)`, `[2001:db8::1]` or `fe80::1%eth0`. */
export function addressIn(word: string): string | undefined {
  if (word.length > 100) return undefined;
  const bare = word.replace(/^[([]|[)\]]$/g, '').replace(/%.*$/, '');
  if (!/^[0-9a-fA-F:.]{2,45}$/.test(bare)) return undefined;
  try {
    return formatAddress(parseAddress(bare));
  } catch {
    return undefined;
  }
}

/** No tool prints more than a few hundred characters for each of 64 hops. */
const MAX_LINES = 1000;
const MAX_LINE_CHARACTERS = 2000;

/** The lines of an output, as many and as long as a trace can have. */
export function linesOf(text: string): string[] {
  return text.split(/\r?\n/, MAX_LINES).map((line) => line.slice(0, MAX_LINE_CHARACTERS));
}

export const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
