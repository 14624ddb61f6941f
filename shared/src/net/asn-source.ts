import { parseAddress } from './address.js';
import { NetError } from './net-error.js';

export interface AsnMatch {
  readonly asn: number;
  /** The name of the source that knew. */
  readonly source: string;
  /** The name of the AS, where the source has one. */
  readonly name?: string;
}

/**
 * Tells which AS announces an address; undefined when the source does not know.
 * Text that is no address is refused with NetError `address-malformed`, thrown or as a rejection.
 */
export interface AsnSource {
  readonly name: string;
  lookup(address: string): Promise<AsnMatch | undefined> | AsnMatch | undefined;
}

export interface AsnChainOptions {
  /** Told of every source that failed; the chain goes on with the next. */
  onError?(error: unknown, source: AsnSource, address: string): void;
  /** How long one source may think before the chain goes on. */
  sourceTimeoutMs?: number;
}

export interface AsnChain extends AsnSource {
  lookup(address: string): Promise<AsnMatch | undefined>;
}

/** Asks the sources in their order; the first match wins. */
export function createAsnChain(sources: readonly AsnSource[], options: AsnChainOptions = {}): AsnChain {
  const { onError, sourceTimeoutMs = 5000 } = options;
  return {
    name: 'chain',
    async lookup(address) {
      // Checked once here, so that bad input is the caller's error and not a failure of every source.
      parseAddress(address);
      for (const source of sources) {
        try {
          const answer = source.lookup(address);
          const match =
            answer instanceof Promise ? await withTimeout(answer, source, sourceTimeoutMs) : answer;
          if (match) return match;
        } catch (error) {
          onError?.(error, source, address);
        }
      }
      return undefined;
    },
  };
}

export function createAsnMatch(asn: number, source: string, name: string | undefined): AsnMatch {
  return name === undefined ? { asn, source } : { asn, source, name };
}

async function withTimeout<T>(answer: Promise<T>, source: AsnSource, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new NetError('asn-source-timeout', `AS source ${source.name} gave no answer within ${timeoutMs} ms`),
      );
    }, timeoutMs);
  });
  try {
    return await Promise.race([answer, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
