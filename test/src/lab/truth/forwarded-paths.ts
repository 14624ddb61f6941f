import { forEachConcurrently, runCommand } from '../build/run-command.js';
import { type Host, homeGatewayOf, hostOf, type Internet, namespaceOf } from '../internet-model.js';
import { type Crossing, nextCrossing, startOf } from './crossings.js';

interface ForwardedHop {
  readonly router: string;
  readonly asn: number;
  /** That the packet comes in by, and its address: what a traceroute shows. */
  readonly interface: string;
  readonly address: string;
}

/** The way that kernels forward packets of one host to another at this moment. */
export interface ForwardedPath {
  readonly source: string;
  readonly destination: string;
  readonly asPath: readonly number[];
  readonly hops: readonly ForwardedHop[];
  /** From node to node, in order. */
  readonly crossings: readonly Crossing[];
  /** Names of internal links and switches in order, as far as the path has them. */
  readonly internalLinks: readonly string[];
  readonly switches: readonly string[];
  /** One per pair of neighbours in `asPath`. */
  readonly peerings: readonly { readonly name: string; readonly exchange: string | null }[];
}

/** More routers in a row than the internet has: the packet goes round in a circle. */
const maximumHops = 32;

interface Walk {
  readonly source: Host;
  readonly destination: Host;
  readonly crossings: Crossing[];
  at: { readonly node: string; readonly device: string };
  isDone: boolean;
}

/** Asks every kernel on the way where it sends such a packet. Errors when one has no route. */
export async function forwardedPaths(
  internet: Internet,
  pairs: readonly (readonly [source: string, destination: string])[],
): Promise<ForwardedPath[]> {
  const walks = pairs.map(([source, destination]): Walk => {
    const start = hostOf(internet, source);
    const { next, crossing } = startOf(internet, start, hostOf(internet, destination));
    return {
      source: start,
      destination: hostOf(internet, destination),
      crossings: [crossing],
      at: next,
      isDone: next.node === outsideNode(hostOf(internet, destination)),
    };
  });
  for (let hop = 0; walks.some(({ isDone }) => !isDone); hop++) {
    if (hop === maximumHops) throw new Error(`no end of the way within ${maximumHops} routers`);
    await advance(
      internet,
      walks.filter(({ isDone }) => !isDone),
    );
  }
  return walks.map((walk) => describe(internet, walk));
}

const outsideNode = ({ name, home }: Host): string => (home === undefined ? name : homeGatewayOf(name));

interface KernelRoute {
  dst: string;
  from: string;
  iif: string;
  dev: string;
  gateway?: string;
}

/** One step of all walks, with one command per namespace. */
async function advance(internet: Internet, walks: readonly Walk[]): Promise<void> {
  const byNode = new Map<string, Walk[]>();
  for (const walk of walks) {
    byNode.set(walk.at.node, [...(byNode.get(walk.at.node) ?? []), walk]);
  }
  await forEachConcurrently([...byNode], async ([node, here]) => {
    const query = ({ source, destination, at }: Walk) =>
      `route get ${destination.address} from ${source.address} iif ${at.device}\n`;
    const input = [...new Set(here.map(query))].join('');
    const output = await runCommand('ip', ['-n', namespaceOf(node), '-j', '-force', '-batch', '-'], {
      input,
      allowedCodes: [0, 1, 2],
    });
    const routes = new Map(
      output
        .split('\n')
        .filter(Boolean)
        .flatMap((line) => JSON.parse(line) as KernelRoute[])
        .map((route) => [`${route.dst} ${route.from} ${route.iif}`, route]),
    );
    for (const walk of here) {
      const { source, destination, at } = walk;
      const route = routes.get(`${destination.address} ${source.address} ${at.device}`);
      if (route === undefined) {
        throw new Error(`${node} has no route from ${source.address} to ${destination.address}`);
      }
      const { next, crossing } = nextCrossing(
        internet,
        node,
        route.dev,
        route.gateway ?? destination.address,
      );
      walk.crossings.push(crossing);
      walk.at = next;
      walk.isDone = next.node === outsideNode(destination);
    }
  });
}

function describe(internet: Internet, { source, destination, crossings }: Walk): ForwardedPath {
  const hops = crossings.flatMap(({ into }): ForwardedHop[] => {
    const router = internet.routers.find(({ name }) => name === into.node);
    if (router === undefined) return [];
    return [{ router: router.name, asn: router.asn, interface: into.device, address: into.address }];
  });
  const asns = [source.asn, ...hops.map(({ asn }) => asn), destination.asn];
  return {
    source: source.name,
    destination: destination.name,
    asPath: asns.filter((asn, index) => asn !== asns[index - 1]),
    hops,
    crossings,
    internalLinks: crossings.flatMap(({ internalLink }) => internalLink ?? []),
    switches: crossings.flatMap(({ over }) => over ?? []),
    peerings: crossings.flatMap(({ peering }) => peering ?? []),
  };
}
