import { type Capacity, capacitiesOf } from '../build/artefacts.js';
import { found, type Internet, networkOf, type Port, peeringOf } from '../internet-model.js';
import { type FluidPhase, fluidBoundSeconds } from '../measure/fluid-bound.js';
import type { ForwardedPath } from '../truth/forwarded-paths.js';
import type { Epoch } from './epochs.js';
import { EDGE_BITS_PER_SECOND } from './settings.js';

export interface CrowdBoundConfig {
  readonly sizeBytes: number;
  readonly startMs: number;
  readonly uplinkBitsPerSecond?: number;
}

/**
 * The least time in which the lab's lines and routes could give all subscribers the content, with the changes when they were;
 * `epochs` begin with the one in which the crowd begins. Lines are taken at their full rate, without any header, uplinks of
 * subscribers at `uplinkBitsPerSecond` where that is less.
 */
export function crowdBoundSeconds(
  internet: Internet,
  { sizeBytes, startMs, uplinkBitsPerSecond = Number.POSITIVE_INFINITY }: CrowdBoundConfig,
  epochs: readonly Epoch[],
): Promise<number> {
  const subscribers = internet.hosts.filter(({ role }) => role === 'subscriber');
  const edges = internet.hosts.filter(({ role }) => role === 'edge').map(({ name }) => name);
  const isps = [...new Set(subscribers.map(({ asn }) => networkOf(internet, asn).isp))];
  const receivers = subscribers.map(({ name }) => name);
  const capacities = new Map(
    capacitiesOf(internet).map(({ kind, name, router, rateBitsPerSecond }) => [
      lineName(kind, name, router),
      rateBitsPerSecond,
    ]),
  );
  for (const { name, upBitsPerSecond } of subscribers)
    capacities.set(lineName('up', name, null), Math.min(upBitsPerSecond, uplinkBitsPerSecond));
  for (const edge of edges) capacities.set(lineName('up', edge, null), EDGE_BITS_PER_SECOND);
  return fluidBoundSeconds({
    sizeBytes,
    seeds: edges,
    relays: receivers,
    receivers,
    regions: isps.map((isp) =>
      subscribers.filter(({ asn }) => networkOf(internet, asn).isp === isp).map(({ name }) => name),
    ),
    phases: epochs.map((epoch, index): FluidPhase => {
      const paths = new Map(epoch.truth.map((path) => [`${path.source} ${path.destination}`, path]));
      const next = epochs[index + 1];
      return {
        durationSeconds:
          next === undefined
            ? Number.POSITIVE_INFINITY
            : (next.fromMs - Math.max(startMs, epoch.fromMs)) / 1000,
        capacityBitsPerSecond: capacities,
        links: (source, receiver) => {
          const path = paths.get(`${source} ${receiver}`);
          return path && linesOf(internet, path);
        },
      };
    }),
  });
}

const lineName = (kind: Capacity['kind'], name: string, router: string | null): string =>
  `${kind} ${name} ${router ?? ''}`;

/** The lines of a path, each with the router that sends into it. */
function linesOf(
  internet: Internet,
  { source, destination, hops, internalLinks, peerings }: ForwardedPath,
): string[] {
  const order = hops.map(({ router }) => router);
  const inOrder = (ends: readonly [Port, Port]): string[] =>
    ends.map(({ router }) => router).sort((one, other) => order.indexOf(one) - order.indexOf(other));
  return [
    lineName('up', source, null),
    ...internalLinks.map((name) => {
      const link = internet.internalLinks.find((one) => one.name === name);
      return lineName('internal', name, inOrder(found(link, `internal link ${name}`).ends)[0]!);
    }),
    ...peerings.flatMap(({ name, exchange }) => {
      const [sender, receiver] = inOrder(peeringOf(internet, name).ends) as [string, string];
      if (exchange === null) return [lineName('peering', name, sender)];
      return [lineName('into-exchange', exchange, sender), lineName('out-of-exchange', exchange, receiver)];
    }),
    lineName('down', destination, null),
  ];
}
