import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { promises as dns } from 'node:dns';
import type { NatType } from '../model/index.js';
import {
  type BindingResponse,
  decodeBindingResponse,
  type Endpoint,
  encodeBindingRequest,
  TRANSACTION_ID_BYTES,
} from './stun-message.js';

/** Times of the requests, after RFC 8489 section 6.2.1 with its initial 500 ms, cut short: nobody waits for this. */
const REQUEST_TIMES_MS = [0, 500, 1500];
const ANSWER_TIMEOUT_MS = 3000;
const DEFAULT_PORT = 3478;
/** Two tell a mapping from another (RFC 5780 section 4.3). */
const MAX_SERVERS = 2;

export interface NatFacts {
  readonly natType: NatType;
  /** This host's address as the first server that answered sees it. */
  readonly mappedAddress?: string;
}

/**
 * What mappings tell of the NAT. `mappings` are those that each of several servers saw of one socket, undefined where a server
 * did not answer. One answer alone shows at most that there is no NAT.
 */
export function natFactsOf(ownAddress: string, mappings: readonly (Endpoint | undefined)[]): NatFacts {
  const seen = mappings.filter((mapping) => mapping !== undefined);
  const [first, ...others] = seen;
  // One silent server may be down; none of several answers where UDP does not pass.
  if (first === undefined) return { natType: mappings.length > 1 ? 'udp-blocked' : 'unknown' };
  const mappedAddress = first.address;
  if (mappedAddress === ownAddress) return { natType: 'none', mappedAddress };
  if (others.length === 0) return { natType: 'unknown', mappedAddress };
  const isSame = others.every(({ address, port }) => address === first.address && port === first.port);
  return { natType: isSame ? 'endpoint-independent' : 'endpoint-dependent', mappedAddress };
}

export interface NatQuestion {
  /** `stun:host:port` each; the first two of IPv4 are asked. */
  readonly stunServers: readonly string[];
  /** This host's own address towards others, to which the socket is bound. */
  readonly ownAddress: string;
  readonly signal: AbortSignal;
}

/** Asks STUN servers for this host's mapped address and compares what they see. Never rejects. */
export async function detectNat({ stunServers, ownAddress, signal }: NatQuestion): Promise<NatFacts> {
  const servers = await resolveServers(stunServers);
  if (servers.length === 0) return { natType: 'unknown' };
  const socket = createSocket('udp4');
  try {
    await bind(socket, ownAddress);
    const answers = await Promise.all(servers.map((server) => ask(socket, server, signal)));
    const mappings = answers.map((answer) => answer?.mapped);
    const other = answers.length === 1 ? answers[0]?.other : undefined;
    // RFC 5780 section 4.3: a server that has another address is two.
    if (other !== undefined && other.address !== servers[0]!.address) {
      const second = await ask(socket, other, signal);
      if (second !== undefined) mappings.push(second.mapped);
    }
    return natFactsOf(ownAddress, mappings);
  } catch {
    return { natType: 'unknown' };
  } finally {
    socket.close();
  }
}

/** The name and port of `stun:host:port`; undefined if it is none. */
export function stunServerOf(url: string): { host: string; port: number } | undefined {
  const [, six, host, port] = /^stun:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/?#]+))(?::(\d{1,5}))?$/.exec(url) ?? [];
  const name = six ?? host;
  return name === undefined
    ? undefined
    : { host: name, port: port === undefined ? DEFAULT_PORT : Number(port) };
}

async function resolveServers(urls: readonly string[]): Promise<Endpoint[]> {
  const servers = urls.map(stunServerOf).filter((server) => server !== undefined);
  const found = await Promise.all(
    servers.slice(0, MAX_SERVERS).map(({ host, port }) =>
      dns.lookup(host, { family: 4 }).then(
        ({ address }) => ({ address, port }),
        () => undefined,
      ),
    ),
  );
  return found.filter((server) => server !== undefined);
}

function bind(socket: Socket, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port: 0 }, () => {
      socket.off('error', reject);
      // What a network refuses is as good as no answer.
      socket.on('error', () => undefined);
      resolve();
    });
  });
}

/** The answer of one server, undefined where none comes in time. */
function ask(socket: Socket, server: Endpoint, signal: AbortSignal): Promise<BindingResponse | undefined> {
  const transactionId = randomBytes(TRANSACTION_ID_BYTES);
  const request = encodeBindingRequest(transactionId);
  return new Promise((resolve) => {
    const timers = REQUEST_TIMES_MS.map((atMs) =>
      setTimeout(() => socket.send(request, server.port, server.address, () => undefined), atMs),
    );
    const settle = (answer?: BindingResponse): void => {
      timers.forEach(clearTimeout);
      socket.off('message', take);
      signal.removeEventListener('abort', stop);
      resolve(answer);
    };
    const take = (message: Buffer): void => {
      const answer = decodeBindingResponse(message);
      // The id is not to be guessed: it alone tells whose answer this is.
      if (answer?.transactionId.equals(transactionId)) settle(answer);
    };
    const stop = (): void => settle();
    timers.push(setTimeout(stop, ANSWER_TIMEOUT_MS));
    socket.on('message', take);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}
