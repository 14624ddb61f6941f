import {
  type AsGraph,
  type AsnSource,
  createAsnChain,
  createBundledAsnSource,
  createLiveAsnSource,
  formatAddress,
  locateByPrefix,
  parseAddress,
  type RibView,
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

export interface NetworkLookupDependencies {
  graph(): AsGraph;
  /** What RIBs say now; undefined without one. */
  routes(): Pick<RibView, 'originsOf'> | undefined;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const NO_ROUTES: Pick<RibView, 'originsOf'> = { originsOf: () => undefined };

/**
 * By the longest prefix of the operator's and of routes, as accounting does it, so that both take an address to be in the same
 * network; then by the bundled dataset, then by the live source.
 */
export function createNetworkLookup(
  { useBundledAsnDataset, useLiveAsnSource }: NetworkLookupConfig,
  { graph, routes, log, signal }: NetworkLookupDependencies,
): NetworkLookup {
  const sources: AsnSource[] = [];
  const bundled = useBundledAsnDataset ? createBundledAsnSource() : undefined;
  if (bundled) sources.push(bundled);
  if (useLiveAsnSource) sources.push(createLiveAsnSource({}, { signal }));
  const chain = createAsnChain(sources, {
    onError: (error, source, address) =>
      log.warn({ err: error, source: source.name, address }, 'an AS source failed'),
  });
  const placeOf = (asn: number): NetworkPlace => ({
    asn,
    isp: graph().ispOf(asn) ?? null,
    country: graph().country(asn) ?? null,
  });
  return {
    async of(address) {
      const here = locateByPrefix(address, graph(), routes() ?? NO_ROUTES);
      const asn = here === undefined ? (await chain.lookup(address))?.asn : here.asn;
      return asn === undefined || asn === null ? null : placeOf(asn);
    },
    load: async () => bundled?.load(),
  };
}

/** An address in its one form: dual-stack sockets write IPv4 peers as `::ffff:192.0.2.1`, and link-local ones with a zone. */
export const normalAddress = (address: string): string =>
  formatAddress(parseAddress(address.replace(/%.*$/, '')));
