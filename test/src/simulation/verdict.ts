import type { SimulatedAgent, Transfer } from './model.js';
import { type Cheat, cheats } from './model.js';
import { counterpartsOf } from './tally.js';
import type { World } from './world-model.js';

/** What became of all cheaters of one kind. */
export interface KindResult {
  readonly cheaters: number;
  readonly claimedFalselyBytes: number;
  readonly billedFalselyBytes: number;
  readonly caught: number;
  /** Told lies to three and more, and was not caught. */
  readonly uncaught: number;
  /** How they were caught, with how many of them. */
  readonly how: Readonly<Record<string, number>>;
  /** Until they were caught, of those that were: the most. */
  readonly bytesUntilCaught: number;
  readonly counterpartsUntilCaught: number;
}

export interface SimulationResult {
  readonly seed: number;
  readonly kinds: Readonly<Record<Cheat, KindResult>>;
  readonly transfers: number;
  /** Where both ends cheat, each in its own way: what both sign is false, and billed. */
  readonly billedByTwoLiarsBytes: number;
  /** Between two honest sides. */
  readonly honestBytes: number;
  readonly honestSettledBytes: number;
  /** What honest agents delivered to anybody, and what of it is billed. */
  readonly honestDeliveredBytes: number;
  readonly honestBilledBytes: number;
  readonly edgeBytes: number;
  readonly honestAgents: number;
  readonly honestQuarantined: readonly string[];
  /** Why honest agents were suspected, whatever followed. */
  readonly honestSuspected: readonly string[];
  readonly refusedOfHonest: readonly string[];
  readonly collusionBilledBytes: number;
  readonly collusionBoundBytes: number;
}

/** Who has to be caught has lied to so many. */
const MAX_COUNTERPARTS = 3;

export function tellResult(seed: number, world: World, agents: readonly SimulatedAgent[]): SimulationResult {
  const { books, tally, transfers, desk } = world;
  const settledOf = ({ order }: Transfer): number =>
    books.ledger.beliefs.transfer(order.grant.transferId)?.belief.settledBytes ?? 0;
  const settled = new Map(transfers.map((transfer) => [transfer, settledOf(transfer)]));
  const falseOf = (transfer: Transfer): number =>
    Math.max(0, settled.get(transfer)! - transfer.verifiedBytes);
  const isHonest = ({ conduct }: SimulatedAgent): boolean => conduct.kind === 'honest';
  const billable = books.billableBytes();
  const all = sum([...settled.values()]);
  if (billable !== all)
    throw new Error(`seed ${seed}: queries bill ${billable} bytes, transfers are settled for ${all}`);

  const resultOf = (kind: Cheat): KindResult => {
    const of = agents.filter(({ conduct }) => conduct.kind === kind);
    const known = of.flatMap((agent) => tally.cheaters.get(agent.identity.key) ?? []);
    const caught = known.flatMap((one) => one.caught ?? []);
    const mine = transfers.filter(({ uploader, downloader }) =>
      kind === 'colludes'
        ? of.includes(uploader) && of.includes(downloader)
        : (of.includes(uploader) && isHonest(downloader)) || (isHonest(uploader) && of.includes(downloader)),
    );
    return {
      cheaters: of.length,
      claimedFalselyBytes: sum(known.flatMap(({ lies }) => lies.map(({ bytes }) => bytes))),
      billedFalselyBytes: sum(mine.map(falseOf)),
      caught: caught.length,
      uncaught: known.filter(
        (one) => one.caught === undefined && counterpartsOf(one.lies) >= MAX_COUNTERPARTS,
      ).length,
      how: countOf(caught.map(({ how }) => how)),
      bytesUntilCaught: Math.max(0, ...caught.map(({ bytes }) => bytes)),
      counterpartsUntilCaught: Math.max(0, ...caught.map(({ counterparts }) => counterparts)),
    };
  };
  const between = transfers.filter(({ uploader, downloader }) => isHonest(uploader) && isHonest(downloader));
  const delivered = transfers.filter(({ uploader }) => isHonest(uploader));
  const invented = transfers.filter(({ isInvented }) => isInvented);
  const honest = agents.filter(isHonest);
  return {
    seed,
    kinds: Object.fromEntries(cheats.map((kind) => [kind, resultOf(kind)])) as Record<Cheat, KindResult>,
    transfers: transfers.length,
    billedByTwoLiarsBytes: sum(
      transfers
        .filter(
          ({ uploader, downloader, isInvented }) =>
            !isHonest(uploader) && !isHonest(downloader) && !isInvented,
        )
        .map(falseOf),
    ),
    honestBytes: sum(between.map(({ verifiedBytes }) => verifiedBytes)),
    honestSettledBytes: sum(between.map((transfer) => settled.get(transfer)!)),
    honestDeliveredBytes: sum(delivered.map(({ verifiedBytes }) => verifiedBytes)),
    honestBilledBytes: sum(delivered.map((transfer) => settled.get(transfer)!)),
    edgeBytes: world.edgeBytes,
    honestAgents: honest.length,
    honestQuarantined: honest
      .filter(({ identity }) => desk.wasQuarantined(identity.key))
      .map(({ identity }) => `${identity.key}: ${tally.honestSuspects.get(identity.key)}`),
    honestSuspected: [...tally.honestSuspects.values()],
    refusedOfHonest: world.refusedOfHonest,
    collusionBilledBytes: sum(invented.map(falseOf)),
    collusionBoundBytes: world.collusionBoundBytes,
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

function countOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
