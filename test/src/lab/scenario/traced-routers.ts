import type { PathEvidenceRecord } from '@fairhop/shared/model';
import { routedNetwork } from '@fairhop/shared/net';
import { namedAddresses } from '../build/name-service.js';
import { hostOf, type Internet } from '../internet-model.js';
import type { ForwardedPath } from '../truth/forwarded-paths.js';
import type { Epoch } from './epochs.js';

export type Trace = Pick<
  PathEvidenceRecord,
  'direction' | 'sourceAddress' | 'destinationAddress' | 'startMs' | 'hops' | 'host'
>;

/** A trace tells of a transfer's way up to so long before it was made, and for a day after. */
const LEAD_MS = 10 * 60_000;
const MAXIMUM_AGE_MS = 24 * 3_600_000;

/**
 * Routers of a way at a time that answered every trace of it: accounting keeps one for two networks, and which one is its choice.
 * A trace is of the way where it was made towards the same network while kernels forwarded alike.
 */
export function tracedRouters(
  internet: Internet,
  traces: readonly Trace[],
  epochs: readonly Epoch[],
): (way: ForwardedPath, atMs: number) => ReadonlySet<string> {
  const routers = new Map(
    namedAddresses(internet).flatMap(({ address, router }) => (router === null ? [] : [[address, router]])),
  );
  const nodes = new Map(internet.hosts.map(({ address, name }) => [address, name]));
  const made = traces.flatMap(({ direction, sourceAddress, destinationAddress, startMs, hops }) => {
    const [source, destination] = [nodes.get(sourceAddress), nodes.get(destinationAddress)];
    const epoch = epochs.findLast(({ fromMs }) => fromMs <= startMs);
    const way = epoch?.truth.find((one) => one.source === source && one.destination === destination);
    if (direction !== 'forward' || way === undefined) return [];
    const answered = hops.flatMap(({ replies }) =>
      replies.flatMap(({ address }) => routers.get(address) ?? []),
    );
    const networks = `${routedNetwork(sourceAddress)} ${routedNetwork(destinationAddress)}`;
    return [{ networks, startMs, way: wayOf(way), answered: new Set(answered) }];
  });
  return (way, atMs) => {
    const addresses = [way.source, way.destination].map((name) => hostOf(internet, name).address);
    const networks = addresses.map(routedNetwork).join(' ');
    const [first, ...others] = made.filter(
      (trace) =>
        trace.networks === networks &&
        trace.way === wayOf(way) &&
        trace.startMs >= atMs - MAXIMUM_AGE_MS &&
        trace.startMs <= atMs + LEAD_MS,
    );
    return new Set(
      [...(first?.answered ?? [])].filter((router) => others.every(({ answered }) => answered.has(router))),
    );
  };
}

const wayOf = ({ hops }: ForwardedPath): string => hops.map(({ router }) => router).join(' ');
