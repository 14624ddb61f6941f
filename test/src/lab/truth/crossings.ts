import { found, type Host, homeGatewayOf, type Internet, type Port } from '../internet-model.js';

/** From one node to the next one that routes. */
export interface Crossing {
  readonly into: { readonly node: string; readonly device: string; readonly address: string };
  readonly internalLink?: string;
  readonly peering?: { readonly name: string; readonly exchange: string | null };
  /** Switch that is passed. */
  readonly over?: string;
}
interface Step {
  readonly next: { readonly node: string; readonly device: string };
  readonly crossing: Crossing;
}

const step = (node: string, device: string, address: string, rest: Omit<Crossing, 'into'> = {}): Step => ({
  next: { node, device },
  crossing: { into: { node, device, address }, ...rest },
});

/** From a host, or its home gateway, to its access router, or to a neighbour on the same LAN. */
export function startOf(internet: Internet, source: Host, destination: Host): Step {
  const passes = source.switch === undefined ? {} : { over: source.switch };
  if (source.switch !== undefined && source.switch === destination.switch) {
    return intoHost(destination, passes);
  }
  const { router, interface: name, address } = source.gateway;
  if (!internet.routers.some((each) => each.name === router)) found(undefined, `router ${router}`);
  return step(router, name, address, passes);
}

/** Where a packet arrives that a router sends to `nextAddress`. */
export function nextCrossing(internet: Internet, router: string, device: string, nextAddress: string): Step {
  const isOut = (port: Port) => port.router === router && port.interface === device;
  for (const { name, ends, switch: over } of internet.internalLinks) {
    const far = farEnd(ends, isOut, nextAddress);
    if (far) {
      return step(far.router, far.interface, far.address, { internalLink: name, ...(over && { over }) });
    }
  }
  for (const { name, ends, over } of internet.peerings) {
    const far = farEnd(ends, isOut, nextAddress);
    const exchange = over.kind === 'exchange' ? over.exchange : null;
    if (far) return step(far.router, far.interface, far.address, { peering: { name, exchange } });
  }
  const host = internet.hosts.find((each) => isOut(each.gateway) && each.address === nextAddress);
  return intoHost(
    found(host, `neighbour ${nextAddress} at ${device} of ${router}`),
    host?.switch ? { over: host.switch } : {},
  );
}

function farEnd(
  [first, second]: readonly [Port, Port],
  isOut: (port: Port) => boolean,
  nextAddress: string,
): Port | undefined {
  if (isOut(first) && second.address === nextAddress) return second;
  if (isOut(second) && first.address === nextAddress) return first;
  return undefined;
}

const intoHost = ({ name, home, address }: Host, rest: Omit<Crossing, 'into'>): Step =>
  home === undefined ? step(name, 'eth0', address, rest) : step(homeGatewayOf(name), 'wan', address, rest);
