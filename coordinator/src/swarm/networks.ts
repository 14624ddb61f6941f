import type { Network } from './swarm-model.js';

/** Networks in use, each one object for as long as an agent is in it. */
export interface Networks {
  acquire(place: Omit<Network, 'id'>): Network;
  release(network: Network): void;
}

export function createNetworks(): Networks {
  const used = new Map<string, { network: Network; uses: number }>();
  let nextId = 0;
  const keyOf = ({ asn, isp, country }: Omit<Network, 'id'>): string =>
    `${asn} ${isp ?? ''} ${country ?? ''}`;
  return {
    acquire({ asn, isp, country }) {
      const key = keyOf({ asn, isp, country });
      const entry = used.get(key) ?? { network: { id: nextId++, asn, isp, country }, uses: 0 };
      entry.uses += 1;
      used.set(key, entry);
      return entry.network;
    },
    release(network) {
      const key = keyOf(network);
      const entry = used.get(key);
      if (!entry) return;
      entry.uses -= 1;
      if (entry.uses === 0) used.delete(key);
    },
  };
}
