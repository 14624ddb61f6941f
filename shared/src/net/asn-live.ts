import IpToAsn from 'ip-to-asn';
import { createBoundedCache } from '../model/bounded-cache.js';
import { formatAddress, parseAddress } from './address.js';
import { asnSchema } from './as-graph-schema.js';
import { type AsnMatch, type AsnSource, createAsnMatch } from './asn-source.js';
import { NetError } from './net-error.js';
import { isSpecialAddress } from './special-addresses.js';

export interface LiveAsnConfig {
  /** The whois service; Team Cymru's by default. */
  host?: string;
  port?: number;
  /** How long one answer may take. */
  timeoutMs?: number;
  /** How long an answer is kept; Team Cymru's data is refreshed every four hours. */
  cacheMs?: number;
  /** Answers that are kept, known or not known. */
  maximumCachedAnswers?: number;
  /** Queries under way at a time; the service asks its users to be gentle. */
  maximumQueries?: number;
}

export interface LiveAsnDeps {
  nowMs?: () => number;
  /** Ends queries under way. */
  signal?: AbortSignal;
}

interface CachedAnswer {
  readonly match: AsnMatch | undefined;
  readonly expiresMs: number;
}

/** An answer to one address is one line of some hundred bytes after a banner. */
const maximumAnswerLength = 16 * 1024;

/**
 * Team Cymru's IP to ASN service, asked over the network; for operators who choose to ask it.
 * Addresses of special purpose (private, loopback, documentation) are never sent.
 * A lookup rejects with NetError `asn-source-timeout`, `asn-source-unavailable` or `asn-source-busy`.
 */
export function createLiveAsnSource(config: LiveAsnConfig = {}, deps: LiveAsnDeps = {}): AsnSource {
  const { maximumCachedAnswers = 10_000, maximumQueries = 16, cacheMs = 4 * 60 * 60 * 1000 } = config;
  const { nowMs = Date.now } = deps;
  const name = 'ip-to-asn';
  const cache = createBoundedCache<string, CachedAnswer>(maximumCachedAnswers);
  const underWay = new Map<string, Promise<AsnMatch | undefined>>();

  const ask = async (key: string): Promise<AsnMatch | undefined> => {
    try {
      const match = await queryWhois(key, name, config, deps.signal);
      cache.set(key, { match, expiresMs: nowMs() + cacheMs });
      return match;
    } finally {
      underWay.delete(key);
    }
  };
  return {
    name,
    async lookup(text) {
      const address = parseAddress(text);
      if (isSpecialAddress(address)) return undefined;
      const key = formatAddress(address);
      const cached = cache.get(key);
      if (cached && cached.expiresMs > nowMs()) return cached.match;
      const asked = underWay.get(key);
      if (asked) return asked;
      if (underWay.size >= maximumQueries) {
        throw new NetError('asn-source-busy', `${name} has ${maximumQueries} queries under way; ask later`);
      }
      const answer = ask(key);
      underWay.set(key, answer);
      return answer;
    },
  };
}

/** The library reads every chunk by itself, so a line that TCP cuts in two would give a wrong AS number. */
class WholeLinesClient extends IpToAsn {
  #pending = '';
  overflowed = false;

  override _handleResponse(chunk: string) {
    const text = this.#pending + chunk;
    const lineEnd = text.lastIndexOf('\n') + 1;
    this.#pending = text.slice(lineEnd);
    this.overflowed ||= text.length > maximumAnswerLength;
    return super._handleResponse(text.slice(0, lineEnd));
  }
}

/** One connection for one address, closed when the answer is there, the time is up or the signal comes. */
async function queryWhois(
  key: string,
  source: string,
  config: LiveAsnConfig,
  signal: AbortSignal | undefined,
): Promise<AsnMatch | undefined> {
  const { timeoutMs = 3000 } = config;
  const connection = new AbortController();
  const client = new WholeLinesClient();
  client.serviceOptions = {
    host: config.host ?? client.serviceOptions.host,
    port: config.port ?? client.serviceOptions.port,
    signal: connection.signal,
  };
  const service = `${source} at ${client.serviceOptions.host}:${client.serviceOptions.port}`;
  const unavailable = (why: string, cause?: unknown) =>
    new NetError('asn-source-unavailable', `${service} ${why}`, { cause });
  let timer: NodeJS.Timeout | undefined;
  let onAbort = () => {};
  try {
    return await new Promise<AsnMatch | undefined>((resolve, reject) => {
      onAbort = () => reject(unavailable('was not asked to the end: stopped'));
      if (signal?.aborted) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      timer = setTimeout(() => {
        reject(new NetError('asn-source-timeout', `${service} gave no answer within ${timeoutMs} ms`));
      }, timeoutMs);
      client.query([key], (error, answers) => {
        if (error) return reject(unavailable(`failed: ${error.message}`, error));
        if (client.overflowed) return reject(unavailable(`sent more than ${maximumAnswerLength} characters`));
        const answer = Object.entries(answers ?? {}).find(([asked]) => isSameAddress(asked, key))?.[1];
        if (!answer) return;
        // `NA` says that no AS announces the address; of several origin ASes the first is taken.
        const asn = asnSchema.safeParse(Number(answer.ASN.split(' ')[0]));
        resolve(asn.success ? createAsnMatch(asn.data, source, answer.description) : undefined);
      });
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    connection.abort();
  }
}

/** The service may write an IPv6 address in another form than it was asked. */
function isSameAddress(text: string, key: string): boolean {
  try {
    return formatAddress(parseAddress(text)) === key;
  } catch {
    return false;
  }
}
