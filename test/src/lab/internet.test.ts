import { topologySchema } from '@fairhop/shared/model';
import { asGraphSchema, createAsGraph, createAsPaths, inPrefix, parsePrefix } from '@fairhop/shared/net';
import { describe, expect, test } from 'vitest';
import { asGraphOf, topologyOf } from './build/artefacts.js';
import { namedAddresses } from './build/name-service.js';
import { cablesOf, lengthOf, nodesOf } from './build/wiring.js';
import { internet } from './internet.js';
import { hostOf, networkOf, peeringAsns, routerOf } from './internet-model.js';

const isIn = (address: string, prefix: string) => inPrefix(address, parsePrefix(prefix));
const firstOf = (prefix: string) => prefix.split('/')[0]!;
/** The subnet of 30 bits that an address is in. */
const lineOf = (address: string) => address.replace(/\d+$/, (last) => String(Number(last) & 0b1111_1100));
const { networks, exchanges, routers, peerings, pools, hosts, internalLinks, switches } = internet;

describe('the description of the internet', () => {
  test('no two networks, exchanges or pools overlap', () => {
    for (const prefixes of [
      [...networks.map(({ prefix }) => prefix), ...exchanges.map(({ lan }) => lan)],
      pools.map(({ prefix }) => prefix),
    ]) {
      const overlaps = prefixes.filter((prefix, index) =>
        prefixes.some((other, at) => at !== index && isIn(firstOf(prefix), other)),
      );
      expect(overlaps).toEqual([]);
    }
  });

  test('everything is in the range for benchmarks, and ASes in the one for documentation', () => {
    for (const { prefix, asn } of networks) {
      expect(isIn(firstOf(prefix), '198.18.0.0/15')).toBe(true);
      expect(asn).toBeGreaterThanOrEqual(64_496);
      expect(asn).toBeLessThanOrEqual(64_511);
    }
    for (const { lan } of exchanges) expect(isIn(firstOf(lan), '198.18.0.0/15')).toBe(true);
  });

  test('every address is of the network that uses it, once', () => {
    for (const router of routers) {
      expect(isIn(router.loopback, networkOf(internet, router.asn).prefix)).toBe(true);
    }
    for (const { ends } of internalLinks) {
      const asn = routerOf(internet, ends[0].router).asn;
      expect(routerOf(internet, ends[1].router).asn).toBe(asn);
      for (const { address } of ends) expect(isIn(address, networkOf(internet, asn).prefix)).toBe(true);
      expect(lineOf(ends[1].address)).toBe(lineOf(ends[0].address));
    }
    for (const { router, prefix } of pools) {
      const { asn } = routerOf(internet, router);
      expect(isIn(firstOf(prefix), networkOf(internet, asn).prefix)).toBe(true);
    }
    for (const { address, furtherAddresses, gateway, asn } of hosts) {
      const pool = pools.find(({ router }) => router === gateway.router)!;
      expect(routerOf(internet, gateway.router).asn).toBe(asn);
      for (const each of [address, ...furtherAddresses, gateway.address]) {
        expect(isIn(each, pool.prefix)).toBe(true);
      }
    }
    const addresses = namedAddresses(internet).map(({ address }) => address);
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  test('a peering joins two networks, over a line of one of them or over an exchange that both are at', () => {
    for (const peering of peerings) {
      const { ends, over } = peering;
      const asns = peeringAsns(internet, peering);
      expect(asns[0]).not.toBe(asns[1]);
      if (over.kind === 'line') {
        const lenders = asns.filter((asn) =>
          ends.every(({ address }) => isIn(address, networkOf(internet, asn).prefix)),
        );
        expect(lenders).toHaveLength(1);
        expect(lineOf(ends[1].address)).toBe(lineOf(ends[0].address));
      } else {
        const ports = exchanges.find(({ id }) => id === over.exchange)!.ports;
        for (const end of ends) expect(ports).toContainEqual(expect.objectContaining(end));
      }
    }
  });

  test('kernels can have its names, and each device is plugged in once', () => {
    const devices = cablesOf(internet).flatMap((cable) => [...cable]);
    const names = devices.map(({ node, name }) => `${node} ${name}`);
    expect(new Set(names).size).toBe(names.length);
    for (const { node, name } of devices) {
      // IFNAMSIZ, less the end.
      expect(name.length).toBeLessThanOrEqual(15);
      expect(nodesOf(internet)).toContain(node);
    }
    expect(new Set(nodesOf(internet)).size).toBe(nodesOf(internet).length);
  });

  test('ways inside a network never tie', () => {
    for (const { asn } of networks) {
      const own = routers.filter((router) => router.asn === asn).map(({ name }) => name);
      for (const from of own) {
        for (const to of own) {
          const costs = waysBetween(from, to).sort((left, right) => left - right);
          expect(costs.length).toBeGreaterThan(0);
          expect(costs[0]).not.toBe(costs[1]);
        }
      }
    }
  });

  test('every network reaches every other one without a valley', () => {
    const graph = createAsGraph(asGraphOf(internet));
    const paths = createAsPaths(graph);
    for (const { asn: from } of networks) {
      for (const { asn: to } of networks) expect(paths.path(from, to)).toBeDefined();
    }
  });

  test('what is generated from it is what the services take', () => {
    expect(asGraphSchema.safeParse(asGraphOf(internet)).error).toBeUndefined();
    for (const { isp } of networks) {
      expect(topologySchema.safeParse(topologyOf(internet, isp)).error).toBeUndefined();
    }
  });

  test('has what the scenario needs', () => {
    const subscribers = hosts.filter(({ role }) => role === 'subscriber');
    for (const isp of [64_501, 64_502, 64_503]) {
      const own = subscribers.filter(({ asn }) => asn === isp);
      expect(own.length).toBeGreaterThanOrEqual(3);
      expect(own.some(({ home }) => home === undefined)).toBe(true);
      expect(own.some(({ home }) => home !== undefined)).toBe(true);
    }
    const homes = subscribers.filter(({ home }) => home?.nat === 'endpoint-independent');
    expect(homes.filter(({ asn }) => asn === 64_501)).toHaveLength(2);
    expect(subscribers.filter(({ home }) => home?.nat === 'endpoint-dependent')).toHaveLength(2);
    expect(switches.length).toBeGreaterThan(0);
    expect(hostOf(internet, 'cdn-infra').furtherAddresses).toHaveLength(2);
    for (const { prefix } of pools) expect(lengthOf(prefix)).toBeLessThanOrEqual(24);
  });
});

/** Costs of all ways without a circle. */
function waysBetween(from: string, to: string, passed: readonly string[] = []): number[] {
  if (from === to) return [0];
  return internalLinks.flatMap(({ ends, metric }) => {
    const index = ends.findIndex(({ router }) => router === from);
    const next = ends[1 - index]?.router;
    if (index === -1 || next === undefined || passed.includes(next)) return [];
    return waysBetween(next, to, [...passed, from]).map((cost) => cost + metric);
  });
}
