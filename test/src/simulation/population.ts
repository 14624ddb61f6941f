import { createAgent } from './agent.js';
import { forgePermit } from './cheating.js';
import type { SimulatedAgent } from './model.js';
import { type Cheat, type Conduct, cheats, honest } from './model.js';
import { addressIn, networkOfIsp, PERMITTING_ISPS, SILENT_ISP } from './networks.js';
import type { Chance } from './random.js';

export interface PopulationConfig {
  readonly agents: number;
  /** At most so many of a hundred cheat. */
  readonly cheatersPercent: number;
  /** For what agents keep on disk beside databases. */
  readonly directory: string;
}

const MBIT = 1_000_000;
const SLOTS = 8;
/** Transfers take many minutes, so that being in two places is more than a change of address. */
const SLOW_BITS_PER_SECOND = MBIT / 4;
/** Honest agents behind one address of a carrier-grade NAT. */
const CGNAT_GROUP = 5;
/** One cheater in so many colludes: the lot rarely brings few together. */
const COLLUDERS_SHARE = 6;
/** Of whoever has many on one address. */
const IDENTITIES = 4;

/** Agents of three ISPs, some behind shared addresses; as many of each kind of cheater as there is room for. */
export async function createPopulation(
  { agents: count, cheatersPercent, directory }: PopulationConfig,
  conducts: Record<Cheat, Conduct>,
  { nowMs, chance }: { readonly nowMs: () => number; readonly chance: Chance },
): Promise<SimulatedAgent[]> {
  const cheaters = Math.floor((count * cheatersPercent) / 100);
  const colluders = Math.max(3, Math.floor(cheaters / COLLUDERS_SHARE));
  const others = cheats.filter((cheat) => cheat !== 'colludes' && cheat !== 'many-identities');
  const inTurn = [...Array.from({ length: IDENTITIES }, () => 'many-identities' as const), ...others];
  const kinds = Array.from(
    { length: cheaters },
    (_, index): Conduct =>
      index < colluders ? conducts.colludes : conducts[inTurn[(index - colluders) % inTurn.length]!],
  );
  const agents: SimulatedAgent[] = [];
  const ofKind = new Map<Conduct, number>();
  for (let index = 0; index < count; index += 1) {
    const conduct = kinds[index] ?? honest;
    const nth = ofKind.get(conduct) ?? 0;
    ofKind.set(conduct, nth + 1);
    const isp = PERMITTING_ISPS[index % PERMITTING_ISPS.length]!;
    const upBitsPerSecond = chance.between(8, 40) * MBIT;
    const common = {
      conduct,
      isp,
      address: addressIn(isp, 1_000 + index),
      // Colluders promise what it takes to be taken when they are drawn.
      upBitsPerSecond: conduct.kind === 'colludes' ? 1_000 * MBIT : upBitsPerSecond,
      downBitsPerSecond: chance.between(30, 120) * MBIT,
      slots: SLOTS,
    };
    const facts = {
      ...common,
      ...(conduct.kind === 'many-identities' && { isp: 1, address: addressIn(1, 9), slots: 0 }),
      ...(conduct.isTwofold && { downBitsPerSecond: SLOW_BITS_PER_SECOND }),
      ...(conduct.kind === 'no-permit' &&
        nth % 2 === 0 && { isp: SILENT_ISP, address: addressIn(SILENT_ISP, 1_000 + index) }),
      ...(conduct.kind === 'no-permit' &&
        nth % 2 === 1 && { sendsFrom: addressIn(SILENT_ISP, 1_000 + index) }),
      ...(conduct === honest &&
        isShared(index) && { isp: 2, address: addressIn(2, 100 + Math.floor(index / 20)) }),
    };
    const agent = createAgent(facts, { nowMs, directory, chance });
    if (conduct.kind !== 'forges-permit') agents.push(agent);
    else {
      const token = await forgePermit(agent.identity, 'sp1', networkOfIsp(1), nth % 2 === 0, {
        nowMs,
        chance,
      });
      agents.push(
        Object.assign(agent, {
          permitToken: token,
          isp: SILENT_ISP,
          address: addressIn(SILENT_ISP, 1_000 + index),
        }),
      );
    }
  }
  return agents;
}

const isShared = (index: number): boolean => index % 20 < CGNAT_GROUP;
