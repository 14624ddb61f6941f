import {
  type AsGraph,
  type AsnSource,
  createAsnChain,
  createBundledAsnSource,
  createLiveAsnSource,
  createOperatorAsnSource,
  formatAddress,
  parseAddress,
} from '@fairhop/shared/net';
import type { Logger } from '@fairhop/shared/service';
import type { NetworkPlace } from './session/dependencies.js';

export interface NetworkLookupConfig {
  readonly useBundledAsnDataset: boolean;
  readonly useLiveAsnSource: boolean;
}

export interface NetworkLookup {
  /** The place of an address in one form (`normalAddress`); null outside every known prefix. */
  of(address: string): Promise<NetworkPlace | null>;
  /** Reads the bundled dataset, so that no session has to wait for it. Does nothing when it is not used. */
  load(): Promise<void>;
}

/** Asks the operator's prefixes, then the bundled dataset, then the live source. */
export function createNetworkLookup(
  { useBundledAsnDataset, useLiveAsnSource }: NetworkLookupConfig,
  { graph, log, signal }: { graph(): AsGraph; log: Logger; signal: AbortSignal },
): NetworkLookup {
  const operator = createOperatorAsnSource({
    asOf: (address) => graph().asOf(address),
    autonomousSystem: (asn) => graph().autonomousSystem(asn),
  });
  const sources: AsnSource[] = [operator];
  const bundled = useBundledAsnDataset ? createBundledAsnSource() : undefined;
  if (bundled) sources.push(bundled);
  if (useLiveAsnSource) sources.push(createLiveAsnSource({}, { signal }));
  const chain = createAsnChain(sources, {
    onError: (error, source, address) =>
      log.warn({ err: error, source: source.name, address }, 'an AS source failed'),
  });
  return {
    async of(address) {
      const match = await chain.lookup(address);
      if (!match) return null;
      const { asn } = match;
      return { asn, isp: graph().ispOf(asn) ?? null, country: graph().country(asn) ?? null };
    },
    load: async () => bundled?.load(),
  };
}

/** An address in its one form: dual-stack sockets write IPv4 peers as `::ffff:192.0.2.1`, and link-local ones with a zone. */
export const normalAddress = (address: string): string =>
  formatAddress(parseAddress(address.replace(/%.*$/, '')));
