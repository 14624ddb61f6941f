import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanupRtc, createRtcLink, type RtcLink } from '@fairhop/client-agent/testing';
import { FairhopError } from '@fairhop/shared/model';
import { brokenJson, mutateJson, mutateText } from './mutate.js';
import { createRandom, type Random } from './random.js';
import { codeOf, type FuzzTarget, type Tally } from './target.js';

/** Links of a round, after which two right ends still have to find each other. */
const LINKS = 40;
/** Of one link; the session passes 128. */
const CANDIDATES = 12;
const CONNECT_MS = 20_000;
/** What the library refuses, it refuses at once. */
const SETTLE_MS = 15;
/** One that is left open ends before the round does. */
const LINGER_MS = 60_000;

interface Signal {
  readonly type: string;
  readonly sdp?: string;
  readonly candidate?: { readonly candidate: string };
}

interface Recorded {
  readonly offer: Signal & { readonly sdp: string };
  readonly answer: Signal & { readonly sdp: string };
  readonly candidates: readonly Signal[];
}

const link = (initiator: boolean, onSignal: (signal: string) => void, timeoutMs: number): RtcLink =>
  createRtcLink({
    ...{ initiator, onSignal, timeoutMs, iceServers: [], signal: new AbortController().signal },
    bindAddress: initiator ? '127.1.0.5' : '127.2.0.9',
  });

/** Two right ends, to the first byte; gives what they signalled. */
async function connect(): Promise<Recorded> {
  const signals: Signal[] = [];
  const pass = (to: () => RtcLink) => (signal: string) => {
    signals.push(JSON.parse(signal) as Signal);
    to().receiveSignal(signal);
  };
  const left: RtcLink = link(
    true,
    pass(() => right),
    CONNECT_MS,
  );
  const right: RtcLink = link(
    false,
    pass(() => left),
    CONNECT_MS,
  );
  try {
    await Promise.all([left.opened, right.opened]);
    const arrived = new Promise<void>((resolve) => {
      right.onMessage = () => resolve();
    });
    left.send(Uint8Array.of(1));
    await Promise.race([arrived, right.closed]);
  } finally {
    left.drop('done');
    right.drop('done');
  }
  const withSdp = (type: string) => signals.find((one) => one.type === type) as Recorded['offer'];
  return {
    offer: withSdp('offer'),
    answer: withSdp('answer'),
    candidates: signals.filter(({ type }) => type === 'candidate'),
  };
}

/** Lines lost, repeated, exchanged, made long, or changed in themselves. */
function mutateSdp(sdp: string, random: Random): string {
  const lines = sdp.split('\r\n');
  const at = random.below(lines.length);
  const line = lines[at]!;
  switch (random.below(8)) {
    case 0:
      return lines.filter((_, index) => index !== at).join('\r\n');
    case 1:
      return lines
        .flatMap((one, index) => (index === at ? Array(1 + random.below(200)).fill(one) : [one]))
        .join('\r\n');
    case 2:
      return lines.with(at, lines[random.below(lines.length)]!).join('\r\n');
    case 3:
      return lines.with(at, `${line}${'9'.repeat(random.below(9_000))}`).join('\r\n');
    case 4:
      return lines
        .with(at, line.slice(0, 2) + random.below(2 ** 32))
        .join(random.pick(['\r\n', '\n', '\r', '']));
    case 5:
      return mutateText(sdp, random);
    default:
      return lines.with(at, mutateText(line, random)).join('\r\n');
  }
}

function mutateSignal(signal: Signal, random: Random): string {
  const text = JSON.stringify(signal);
  if (random.chance(0.15)) return brokenJson(text, random);
  if (random.chance(0.2)) return JSON.stringify(mutateJson(signal, random)) ?? '';
  if (signal.sdp !== undefined) return JSON.stringify({ ...signal, sdp: mutateSdp(signal.sdp, random) });
  const { candidate } = signal;
  return JSON.stringify({
    ...signal,
    candidate: { ...candidate, candidate: mutateCandidate(candidate?.candidate ?? '', random) },
  });
}

function mutateCandidate(candidate: string, random: Random): string {
  const fields = candidate.split(' ');
  const at = random.below(fields.length);
  switch (random.below(5)) {
    case 0:
      return fields.filter((_, index) => index !== at).join(' ');
    case 1:
      return fields
        .with(at, String(random.pick([0, -1, 65_536, 2 ** 32, 1e20, '::1', '255.255.255.255'])))
        .join(' ');
    case 2:
      return mutateText(candidate, random);
    default:
      return fields.with(at, mutateText(fields[at]!, random)).join(' ');
  }
}

/** The library asks the name service for an address that is none: the test stays on this host. */
function hasName(signal: string): boolean {
  const lines = signal.split(/\\r|\\n|"/);
  return lines.some((line) => {
    const address = line.trim().split(/\s+/)[4];
    return /typ\b|candidate/i.test(line) && address !== undefined && isIP(address) === 0;
  });
}

/** Feeds signals to one end until it gives up, and counts what it did about them. */
async function feed(initiator: boolean, signals: readonly string[], tally: Tally): Promise<void> {
  let error: unknown;
  let onOffer = (): void => undefined;
  const offered = new Promise<void>((resolve) => {
    onOffer = resolve;
  });
  const end = link(initiator, () => onOffer(), LINGER_MS);
  end.opened.catch((cause: unknown) => {
    error = cause;
  });
  let fed = 0;
  try {
    // An answer to no offer is refused unread.
    if (initiator) await Promise.race([offered, end.closed]);
    for (const signal of signals) {
      if (end.isClosed) break;
      end.receiveSignal(signal);
      fed += 1;
      await Promise.race([end.closed, sleep(SETTLE_MS)]);
    }
    if (!end.isClosed) tally.accepted(fed);
    else if (error instanceof FairhopError) {
      tally.refused(codeOf(error));
      tally.accepted(fed - 1);
    } else tally.crashed(error, signals[fed - 1]);
  } finally {
    end.drop('done');
    await end.closed;
  }
}

/** `receiveSignal` of real links: descriptions and candidates of the other agent, which reach the WebRTC library. */
export const peerSignals: FuzzTarget = {
  name: 'peer-signals',
  sharePercent: 0.5,
  async open() {
    const right = await connect();
    return {
      async round(seed, tally) {
        const random = createRandom(seed);
        const wrong = (signal: Signal): string => {
          for (;;) {
            const text = mutateSignal(signal, random);
            if (!hasName(text)) return text;
          }
        };
        const lists = Array.from({ length: LINKS }, () => {
          const initiator = random.chance(0.5);
          const description = initiator ? right.answer : right.offer;
          if (random.chance(0.7)) return { initiator, signals: [wrong(description)] };
          const candidates = Array.from({ length: CANDIDATES }, () => wrong(random.pick(right.candidates)));
          const first = random.chance(0.8) ? [JSON.stringify(description)] : [];
          return { initiator, signals: [...first, ...candidates] };
        });
        await Promise.all(lists.map(({ initiator, signals }) => feed(initiator, signals, tally)));
        await connect();
      },
      close: async () => cleanupRtc(),
    };
  },
};
