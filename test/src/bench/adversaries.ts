import { type Cheat, cheats } from '../simulation/model.js';
import { simulate } from '../simulation/simulate.js';
import type { KindResult, SimulationResult } from '../simulation/verdict.js';
import { atMost, type BenchResult } from './result.js';

const SEEDS = 20;
const AGENTS = 200;
const CHEATERS_PERCENT = 30;
const INDEPENDENT_COUNTERPARTS = 3;

/** Worlds in which three in ten agents cheat, in virtual time; `FAIRHOP_SIMULATION_SEED` repeats one of them. */
export async function run(): Promise<BenchResult> {
  const only = process.env['FAIRHOP_SIMULATION_SEED'];
  const seeds = only === undefined ? Array.from({ length: SEEDS }, (_, index) => index + 1) : [Number(only)];
  const results: SimulationResult[] = [];
  for (const [index, seed] of seeds.entries()) {
    const result = await simulate({ seed, agents: AGENTS, cheatersPercent: CHEATERS_PERCENT });
    results.push(result);
    process.stderr.write(`world ${index + 1} of ${seeds.length} (seed ${seed}) is over\n`);
    complain(result);
  }
  const sumOf = (pick: (result: SimulationResult) => number): number =>
    results.reduce((sum, result) => sum + pick(result), 0);
  const unilateral = cheats.filter((kind) => kind !== 'colludes');
  const ofUnilateral = (pick: (kind: KindResult) => number): number =>
    sumOf(({ kinds }) => unilateral.reduce((sum, kind) => sum + pick(kinds[kind]), 0));
  const bound = Math.floor(sumOf(({ collusionBoundBytes }) => collusionBoundBytes));
  return {
    name: 'adversaries',
    reference: tell(results),
    figures: {
      falseBytesBilledUnilateral: atMost(
        0,
        ofUnilateral(({ billedFalselyBytes }) => billedFalselyBytes),
        'bytes',
      ),
      uncaughtUnilateral: atMost(
        0,
        ofUnilateral(({ uncaught }) => uncaught),
        'agents',
      ),
      counterpartsBeforeCaught: atMost(
        INDEPENDENT_COUNTERPARTS,
        Math.max(...results.flatMap(({ kinds }) => unilateral.map((kind) => kinds[kind].knownBeforeCaught))),
        'agents',
      ),
      honestBytesUnsettled: atMost(
        0,
        sumOf((one) => one.honestUnsettledBytes),
        'bytes',
      ),
      honestBytesOversettled: atMost(
        0,
        sumOf((one) => one.honestOversettledBytes),
        'bytes',
      ),
      honestQuarantined: atMost(
        0,
        sumOf((one) => one.honestQuarantined.length),
        'agents',
      ),
      honestRefused: atMost(
        0,
        sumOf((one) => one.refusedOfHonest.length),
        'messages',
      ),
      collusionBytesBilled: atMost(
        bound,
        sumOf((one) => one.collusionBilledBytes),
        'bytes',
      ),
      collusionBound: atMost(bound, bound, 'bytes'),
    },
  };
}

/** On standard error what should not be, with the seed that shows it again. */
function complain(result: SimulationResult): void {
  const { seed, kinds, honestQuarantined, refusedOfHonest } = result;
  const say = (what: string): void => {
    process.stderr.write(`seed ${seed}: ${what}\n`);
  };
  if (result.honestUnsettledBytes > 0)
    say(`${result.honestUnsettledBytes} bytes of honest ones are not settled`);
  if (result.honestOversettledBytes > 0) say(`${result.honestOversettledBytes} bytes too many are settled`);
  for (const kind of cheats) {
    const { uncaught, billedFalselyBytes } = kinds[kind];
    if (kind === 'colludes') continue;
    if (uncaught > 0) say(`${uncaught} of kind ${kind} told lies to three and more, and were not caught`);
    if (billedFalselyBytes > 0) say(`${billedFalselyBytes} false bytes of kind ${kind} are billed`);
  }
  for (const one of honestQuarantined) say(`honest agent ${one} was in quarantine`);
  for (const one of refusedOfHonest) say(`an honest report was refused: ${one}`);
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/** A line for each kind, over all seeds. */
function tell(results: readonly SimulationResult[]): string {
  const sumOf = (pick: (result: SimulationResult) => number): number =>
    results.reduce((sum, result) => sum + pick(result), 0);
  const seeds = results.map(({ seed }) => seed);
  const lines = cheats.map(
    (kind) =>
      `${kind}: ${tellKind(
        results.map(({ kinds }) => kinds[kind]),
        kind,
      )}`,
  );
  return [
    `the truth of ${results.length} simulated worlds of ${AGENTS} agents (seeds ${seeds[0]} to ${seeds.at(-1)}), ` +
      `${sumOf(({ transferIds }) => transferIds.length)} transfers; honest agents delivered ${gigabytes(sumOf((one) => one.honestDeliveredBytes))}, ` +
      `${gigabytes(sumOf((one) => one.honestBilledBytes))} of it billed (between honest ones ${gigabytes(sumOf((one) => one.honestBytes))}, ` +
      `${gigabytes(sumOf((one) => one.honestSettledBytes))} billed), and edges ${gigabytes(sumOf(({ edgeBytes }) => edgeBytes))}; ` +
      `${sumOf((one) => one.honestQuarantined.length)} of ${sumOf(({ honestAgents }) => honestAgents)} honest agents were in quarantine`,
    ...lines,
    `beside what colluders billed, ${megabytes(sumOf((one) => one.billedByTwoLiarsBytes))} of two cheaters of different kinds that agree by chance`,
  ].join('\n  ');
}

function tellKind(kinds: readonly KindResult[], kind: Cheat): string {
  const sumOf = (pick: (one: KindResult) => number): number => kinds.reduce((sum, one) => sum + pick(one), 0);
  const most = (pick: (one: KindResult) => number): number => Math.max(...kinds.map(pick));
  const how = new Map<string, number>();
  for (const one of kinds)
    for (const [name, times] of Object.entries(one.how)) how.set(name, (how.get(name) ?? 0) + times);
  const ways = [...how].sort(([, one], [, other]) => other - one).map(([name, times]) => `${name} ${times}`);
  const liedTo = histogramOf(kinds.flatMap(({ honestLiedTo }) => honestLiedTo));
  const few = sumOf(({ metFew }) => metFew);
  return [
    `${megabytes(sumOf((one) => one.claimedFalselyBytes))} claimed, ${megabytes(sumOf((one) => one.billedFalselyBytes))} billed`,
    `${sumOf(({ caught }) => caught)} of ${sumOf(({ cheaters }) => cheaters)} caught${ways.length === 0 ? '' : ` (${ways.join(', ')})`}`,
    ...(ways.length === 0
      ? []
      : [
          `after at most ${megabytes(most((one) => one.bytesUntilCaught))}, with ${most((one) => one.knownBeforeCaught)} independent ` +
            `counterparts known before and ${most((one) => one.knownWhenCaught)} then`,
        ]),
    `honest ones lied to: ${liedTo}`,
    ...(few === 0
      ? []
      : [
          `${few} not caught lied to fewer than ${INDEPENDENT_COUNTERPARTS}, with ` +
            `${sumOf((one) => one.metFewBilledFalselyBytes)} bytes billed`,
        ]),
    ...(kind === 'colludes' ? ['between two of them no signature tells'] : []),
  ].join('; ');
}

/** `3×12` are twelve that lied to three. */
function histogramOf(counts: readonly number[]): string {
  const times = new Map<number, number>();
  for (const count of counts) times.set(count, (times.get(count) ?? 0) + 1);
  const told = [...times].sort(([one], [other]) => one - other).map(([count, many]) => `${count}×${many}`);
  return told.length === 0 ? 'none' : told.join(' ');
}
