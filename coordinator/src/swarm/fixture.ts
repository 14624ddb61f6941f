import type { Readiness } from '@fairhop/shared/contract';
import type { AgentKey, Permit } from '@fairhop/shared/model';
import type { Holding, Swarm } from './swarm.js';
import type { Network } from './swarm-model.js';

/** What tests put into a swarm. */
export const keyOf = (name: string | number): AgentKey => `agent-${name}`.padEnd(43, '-');
export const contentA = 'a'.repeat(64);
export const contentB = 'b'.repeat(64);

export function permitFor(agent: AgentKey, isp: string, terms: Partial<Permit['terms']> = {}): Permit {
  return {
    id: `${isp}/uplinks`,
    isp,
    agent,
    source: 'agreement',
    terms: { networks: ['127.0.0.0/8'], validFromMs: 0, validUntilMs: 8_640_000_000_000_000, ...terms },
  };
}

export const readyUnder = (permit: Permit, readiness: Partial<Readiness> = {}): Readiness => ({
  ready: true,
  reasons: [],
  permitId: permit.id,
  slots: 4,
  rateBitsPerSecond: 10_000_000,
  bytesLeft: 20_000_000_000,
  ...readiness,
});

export interface AgentOptions {
  name: string | number;
  place: Omit<Network, 'id'> | null;
  address?: string;
  terms?: Partial<Permit['terms']>;
  readiness?: Partial<Readiness>;
  holding?: Partial<Holding>;
}

/** An agent that may upload, with a holding of content A. */
export function addAgent(
  swarm: Swarm,
  { name, place, address, terms, readiness, holding }: AgentOptions,
): AgentKey {
  const key = keyOf(name);
  swarm.connect({ key, address: address ?? `127.0.0.${name}`, place });
  const permit = permitFor(key, place?.isp ?? 'none', terms);
  swarm.update(key, { permit, readiness: readyUnder(permit, readiness) });
  swarm.hold(key, { contentId: contentA, pieceCount: 8, pieces: 'all', wants: false, ...holding });
  return key;
}
