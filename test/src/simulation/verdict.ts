import type { TransferId } from '@fairhop/shared/model';
import type { SimulatedAgent, Transfer } from './model.js';
import { type Cheat, cheats } from './model.js';
import { type Cheater, honestOf, shownOf } from './tally.js';
import type { World } from './world-model.js';

/** What became of all cheaters of one kind. */
export interface KindResult {
  readonly cheaters: number;
  readonly claimedFalselyBytes: number;
  readonly billedFalselyBytes: number;
  readonly caught: number;
  /** Accounting had what shows its lies to three independent ones and more, and did not catch it. */
  readonly uncaught: number;
  /** Was not caught, and never lied to as many; with what is billed falsely of it. */
  readonly metFew: number;
  readonly metFewBilledFalselyBytes: number;
  /** How they were caught, with how many of them. */
  readonly how: Readonly<Record<string, number>>;
  /** Until they were caught, of those that were: the most. */
  readonly bytesUntilCaught: number;
  /**
   * The most independent counterparts (distinct, not guilty, in good standing; those of one break count once) that accounting knew to
   * differ with one that was not caught yet; and when it was caught.
   */
  readonly knownBeforeCaught: number;
  readonly knownWhenCaught: number;
  /** Of each that lied: to how many honest ones until it was caught. */
  readonly honestLiedTo: readonly number[];
}

export interface SimulationResult {
  readonly seed: number;
  readonly kinds: Readonly<Record<Cheat, KindResult>>;
  /** In the order in which they began. */
  readonly transferIds: readonly TransferId[];
  /** Where each end cheats in its own way, and what both sign agrees by chance: in no plan, and in no bound of one. */
  readonly billedByTwoLiarsBytes: number;
  /** Between two honest sides. */
  readonly honestBytes: number;
  readonly honestSettledBytes: number;
  /** What is missing in one transfer of theirs is not made up for by what is too much in another. */
  readonly honestUnsettledBytes: number;
  readonly honestOversettledBytes: number;
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
const ENOUGH_COUNTERPARTS = 3;

export function tellResult(seed: number, world: World, agents: readonly SimulatedAgent[]): SimulationResult {
  const { books, tally, transfers, desk } = world;
  const settledOf = ({ order }: Transfer): number =>
    books.ledger.beliefs.transfer(order.grant.transferId)?.belief.settledBytes ?? 0;
  const settled = new Map(transfers.map((transfer) => [transfer, settledOf(transfer)]));
  const falseOf = (transfer: Transfer): number =>
    Math.max(0, settled.get(transfer)! - transfer.verifiedBytes);
  const missingOf = (transfer: Transfer): number =>
    Math.max(0, transfer.verifiedBytes - settled.get(transfer)!);
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
    const uncaught = known.filter((one) => one.caught === undefined);
    const isShown = (one: Cheater): boolean => Math.max(shownOf(one), one.known) >= ENOUGH_COUNTERPARTS;
    const few = uncaught.filter((one) => !isShown(one)).map(({ agent }) => agent);
    return {
      cheaters: of.length,
      claimedFalselyBytes: sum(known.flatMap(({ lies }) => lies.map(({ bytes }) => bytes))),
      billedFalselyBytes: sum(mine.map(falseOf)),
      caught: caught.length,
      uncaught: uncaught.filter(isShown).length,
      metFew: few.length,
      metFewBilledFalselyBytes: sum(
        mine
          .filter(({ uploader, downloader }) => few.includes(uploader) || few.includes(downloader))
          .map(falseOf),
      ),
      how: countOf(caught.map(({ how }) => how)),
      bytesUntilCaught: Math.max(0, ...caught.map(({ bytes }) => bytes)),
      knownBeforeCaught: Math.max(
        0,
        ...known.map((one) => (one.caught === undefined ? one.known : one.caught.knownBefore)),
      ),
      knownWhenCaught: Math.max(0, ...caught.map((one) => one.known)),
      honestLiedTo: known
        .filter(({ lies }) => lies.length > 0)
        .map((one) => one.caught?.honest ?? honestOf(one.lies)),
    };
  };
  const between = transfers.filter(({ uploader, downloader }) => isHonest(uploader) && isHonest(downloader));
  const delivered = transfers.filter(({ uploader }) => isHonest(uploader));
  const invented = transfers.filter(({ isInvented }) => isInvented);
  const byTwoLiars = transfers.filter(
    (transfer) =>
      !isHonest(transfer.uploader) &&
      !isHonest(transfer.downloader) &&
      !transfer.isInvented &&
      falseOf(transfer) > 0,
  );
  const billedByTwoLiarsBytes = sum(byTwoLiars.map(falseOf));
  const honest = agents.filter(isHonest);
  return {
    seed,
    kinds: Object.fromEntries(cheats.map((kind) => [kind, resultOf(kind)])) as Record<Cheat, KindResult>,
    transferIds: transfers.map(({ order }) => order.grant.transferId),
    billedByTwoLiarsBytes,
    honestBytes: sum(between.map(({ verifiedBytes }) => verifiedBytes)),
    honestSettledBytes: sum(between.map((transfer) => settled.get(transfer)!)),
    honestUnsettledBytes: sum(between.map(missingOf)),
    honestOversettledBytes: sum(between.map(falseOf)),
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
