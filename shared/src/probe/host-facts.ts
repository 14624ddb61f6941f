import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { endianness } from 'node:os';
import type { PathEvidenceRecord } from '../model/index.js';
import { detectNat, type NatFacts } from './nat.js';
import {
  gatewayOf,
  parseLinuxIpv6Routes,
  parseLinuxRoutes,
  parseRouteGet,
  parseRoutePrint,
} from './routes.js';
import { runProcess } from './run-process.js';
import { addressIn } from './trace-hops.js';

/** A NAT keeps its kind; its address may be new after a reconnect. */
const NAT_MAX_AGE_MS = 600_000;
const ROUTE_TIMEOUT_MS = 5000;
const CONNECT_TIMEOUT_MS = 2000;

type HostFacts = NonNullable<PathEvidenceRecord['host']>;

export interface HostFactsConfig {
  /** `stun:host:port` each. */
  readonly stunServers: readonly string[];
  readonly bindAddress?: string | undefined;
}

export interface HostFactsDependencies {
  readonly nowMs: () => number;
  readonly platform?: NodeJS.Platform;
}

/** What only this host can tell of its own side. */
export interface HostFactsReader {
  /** Of the way to `destination`; `seenAddress` is this host's address as the other end sees it. Never rejects. */
  read(destination: string, seenAddress: string, signal: AbortSignal): Promise<HostFacts>;
}

export function createHostFacts(
  { stunServers, bindAddress }: HostFactsConfig,
  { nowMs, platform = process.platform }: HostFactsDependencies,
): HostFactsReader {
  let nat: { ownAddress: string; atMs: number; facts: Promise<NatFacts> } | undefined;

  const natOf = (ownAddress: string, signal: AbortSignal): Promise<NatFacts> => {
    if (nat?.ownAddress !== ownAddress || nowMs() - nat.atMs >= NAT_MAX_AGE_MS) {
      nat = { ownAddress, atMs: nowMs(), facts: detectNat({ stunServers, ownAddress, signal }) };
    }
    return nat.facts;
  };

  return {
    async read(destination, seenAddress, signal) {
      const [ownAddress, gateway] = await Promise.all([
        bindAddress ?? localAddressTo(destination),
        gatewayTo(destination, platform, signal).catch(() => undefined),
      ]);
      // Seen under its own address there is no NAT on this way, whatever STUN says of others.
      const isOpen = ownAddress === seenAddress;
      const asks = ownAddress !== undefined && !isOpen && stunServers.length > 0 && !isIPv6(ownAddress);
      const { natType, mappedAddress } = isOpen
        ? { natType: 'none' as const, mappedAddress: undefined }
        : asks
          ? await natOf(ownAddress, signal)
          : { natType: 'unknown' as const, mappedAddress: undefined };
      return {
        ...(ownAddress !== undefined && { privateAddress: ownAddress }),
        ...(gateway !== undefined && { gateway }),
        ...(mappedAddress !== undefined && { mappedAddress }),
        natType,
      };
    },
  };
}

/** The address that the system would send from: a connected UDP socket has it, and sends nothing. */
function localAddressTo(destination: string): Promise<string | undefined> {
  const socket = createSocket(isIPv6(destination) ? 'udp6' : 'udp4');
  return new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), CONNECT_TIMEOUT_MS);
    const settle = (address?: string): void => {
      clearTimeout(timer);
      resolve(address);
    };
    socket.once('error', () => settle());
    // Any port: the discard service's.
    socket.connect(9, destination, () => {
      const address = addressIn(socket.address().address);
      // Without a route the socket has none.
      settle(address === '0.0.0.0' || address === '::' ? undefined : address);
    });
  }).finally(() => socket.close());
}

/** @throws what reading the system's routes throws */
async function gatewayTo(
  destination: string,
  platform: NodeJS.Platform,
  signal: AbortSignal,
): Promise<string | undefined> {
  const isSix = isIPv6(destination);
  const options = { timeoutMs: ROUTE_TIMEOUT_MS, signal };
  if (platform === 'linux' || platform === 'android') {
    const text = await readFile(isSix ? '/proc/net/ipv6_route' : '/proc/net/route', 'latin1');
    return gatewayOf(isSix ? parseLinuxIpv6Routes(text) : parseLinuxRoutes(text, endianness()), destination);
  }
  if (platform === 'win32') {
    const text = await runProcess('route', ['print', isSix ? '-6' : '-4'], options);
    return gatewayOf(parseRoutePrint(text), destination);
  }
  return parseRouteGet(
    await runProcess('route', ['-n', 'get', ...(isSix ? ['-inet6'] : []), destination], options),
  );
}
