import {
  type Address,
  formatAddress,
  inPrefix,
  type Prefix,
  parseAddress,
  parsePrefix,
} from '../net/index.js';

/** A route with a gateway, as a system's table lists it. */
export interface GatewayRoute {
  readonly prefix: Prefix;
  readonly gateway: string;
  /** The lower goes before. */
  readonly metric: number;
}

/** Of the longest prefix that holds the address, the route with the lowest metric. */
export function gatewayOf(routes: readonly GatewayRoute[], destination: string): string | undefined {
  return routes
    .filter(({ prefix }) => inPrefix(destination, prefix))
    .sort((left, right) => right.prefix.length - left.prefix.length || left.metric - right.metric)[0]
    ?.gateway;
}

// include/uapi/linux/route.h
const ROUTE_UP = 0x1;
const ROUTE_GATEWAY = 0x2;
/** More routes than this are a router's, whose gateway nobody asks for. */
const MAX_ROUTES = 20_000;

/** `/proc/net/route`: addresses in hexadecimal, in the byte order of the machine. */
export function parseLinuxRoutes(text: string, endianness: 'BE' | 'LE'): GatewayRoute[] {
  return routesOf(text, (columns) => {
    const [, destination = '', gateway = '', flags = '', , , metric = '', mask = ''] = columns;
    if (![destination, gateway, mask].every((hexadecimal) => /^[0-9A-Fa-f]{8}$/.test(hexadecimal)))
      return undefined;
    if (!isGatewayRoute(flags)) return undefined;
    const length = popCount(Number.parseInt(mask, 16));
    return route(`${ipv4Of(destination, endianness)}/${length}`, ipv4Of(gateway, endianness), Number(metric));
  });
}

/** `/proc/net/ipv6_route`: destination, its length, source, its length, next hop, metric, counts, flags, device. */
export function parseLinuxIpv6Routes(text: string): GatewayRoute[] {
  return routesOf(text, (columns) => {
    const [destination = '', length = '', , , gateway = '', metric = '', , , flags = ''] = columns;
    if (![destination, gateway].every((hexadecimal) => /^[0-9A-Fa-f]{32}$/.test(hexadecimal)))
      return undefined;
    if (!isGatewayRoute(flags)) return undefined;
    const prefix = `${ipv6Of(destination)}/${Number.parseInt(length, 16)}`;
    return route(prefix, ipv6Of(gateway), Number.parseInt(metric, 16));
  });
}

/**
 * `route print` of Windows in any language. IPv4: destination, mask, gateway, own address, metric. IPv6: interface, metric,
 * prefix, gateway, which may be in the next line; lines of IPv6 without a gateway's address are on the own link.
 */
export function parseRoutePrint(text: string): GatewayRoute[] {
  return routesOf(text.replaceAll(/(\/\d{1,3})[ \t]*\r?\n[ \t]+(?=[0-9a-fA-F]{0,4}:)/g, '$1 '), (columns) => {
    const [first = '', second = '', third = '', fourth = '', fifth] = columns;
    if (columns.length === 4 && third.includes('/'))
      return route(third, fourth.replace(/%.*$/, ''), Number(second));
    const length = columns.length === 5 ? maskLength(second) : undefined;
    return length === undefined ? undefined : route(`${first}/${length}`, third, Number(fifth));
  });
}

/** `route -n get ADDRESS` of macOS and BSD. */
export function parseRouteGet(text: string): string | undefined {
  const [, gateway = ''] = /^\s*gateway: (\S{2,60})\s*$/m.exec(text) ?? [];
  return addressOf(gateway.replace(/%.*$/, ''));
}

function routesOf(text: string, read: (columns: string[]) => GatewayRoute | undefined): GatewayRoute[] {
  return text
    .split(/\r?\n/, MAX_ROUTES)
    .map((line) => read(line.trim().split(/\s+/, 12)))
    .filter((found) => found !== undefined);
}

const isGatewayRoute = (flags: string): boolean => {
  const bits = Number.parseInt(flags, 16);
  return (bits & ROUTE_UP) !== 0 && (bits & ROUTE_GATEWAY) !== 0;
};

function route(prefix: string, gateway: string, metric: number): GatewayRoute | undefined {
  const address = addressOf(gateway);
  try {
    return address === undefined || !Number.isSafeInteger(metric)
      ? undefined
      : { prefix: parsePrefix(prefix), gateway: address, metric };
  } catch {
    return undefined;
  }
}

function addressOf(text: string): string | undefined {
  try {
    return formatAddress(parseAddress(text));
  } catch {
    return undefined;
  }
}

function ipv4Of(hexadecimal: string, endianness: 'BE' | 'LE'): string {
  const bytes = Buffer.from(hexadecimal, 'hex');
  return (endianness === 'LE' ? bytes.reverse() : bytes).join('.');
}

const ipv6Of = (hexadecimal: string): string => hexadecimal.replaceAll(/(.{4})(?!$)/g, '$1:');

function popCount(bits: number): number {
  let count = 0;
  for (let left = bits >>> 0; left > 0; left = Math.floor(left / 2)) count += left % 2;
  return count;
}

/** 24 of `255.255.255.0`; undefined for what is no mask. */
function maskLength(mask: string): number | undefined {
  const address: Address | undefined = addressOf(mask) === undefined ? undefined : parseAddress(mask);
  if (address?.family !== 4) return undefined;
  const length = popCount(address.value);
  const isContiguous = address.value === 2 ** 32 - 2 ** (32 - length);
  return isContiguous ? length : undefined;
}
