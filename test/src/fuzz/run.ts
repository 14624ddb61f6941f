import { setImmediate as nextTurn } from 'node:timers/promises';
import { frames } from './frames.js';
import { reportBatches, reportRecords } from './ingest.js';
import { peerChannel } from './peer-channel.js';
import { peerSignals } from './peer-signals.js';
import { session } from './session.js';
import { sessionMessages } from './session-messages.js';
import { type FuzzTarget, isUnreadable, type Tally } from './target.js';
import { tokens } from './tokens.js';

const targets: readonly FuzzTarget[] = [
  frames,
  peerChannel,
  peerSignals,
  sessionMessages,
  session,
  tokens,
  reportRecords,
  reportBatches,
];

export interface FuzzOptions {
  readonly seed: number;
  /** Inputs that have to be refused as malformed, over all targets. */
  readonly malformed: number;
  /** One target only. */
  readonly only?: string | undefined;
}

export interface FuzzReport {
  readonly seed: number;
  /** Refused: what could not be read. */
  readonly malformed: number;
  /** Refused: what could be read, and is false. */
  readonly wellFormedAndFalse: number;
  readonly accepted: number;
  /** What broke, with the seed that shows it again; the first few. */
  readonly crashes: readonly string[];
  readonly crashCount: number;
  readonly refusedWithoutCode: number;
  /** How much more memory was in use at most than after the first tenth of a target's inputs, the most of all targets. */
  readonly peakRssGrowthBytes: number;
  /** By target: how many inputs were refused with which code. */
  readonly refusals: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Past it, a target takes all it is given, and the run would not end. */
const MAX_ROUNDS_WITHOUT_REFUSAL = 50;
const MAX_SHOWN = 20;

/** Feeds malformed inputs to everything that takes bytes of strangers, until enough of them were refused. */
export async function runFuzz({ seed, malformed: toRefuse, only }: FuzzOptions): Promise<FuzzReport> {
  const counts: Record<string, Record<string, number>> = {};
  const crashes: string[] = [];
  let crashCount = 0;
  let malformed = 0;
  let wellFormedAndFalse = 0;
  let accepted = 0;
  let withoutCode = 0;
  let peakRssGrowthBytes = 0;
  const chosen = targets.filter(({ name }) => only === undefined || name === only);
  if (chosen.length === 0) throw new Error(`there is no target ${only}`);
  const total = chosen.reduce((sum, { sharePercent }) => sum + sharePercent, 0);

  let where = '';
  const crash = (error: unknown, input: unknown): void => {
    crashCount += 1;
    const shown = (JSON.stringify(input) ?? String(input)).slice(0, 400);
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (crashes.length < MAX_SHOWN) crashes.push(`${where}: ${what.slice(0, 800)}\n  input ${shown}`);
  };
  const onUncaught = (error: unknown): void => crash(error, 'outside of any call');
  process.on('uncaughtException', onUncaught);
  process.on('unhandledRejection', onUncaught);
  try {
    for (const target of chosen) {
      const wanted = Math.ceil((toRefuse * target.sharePercent) / total);
      const codes: Record<string, number> = {};
      counts[target.name] = codes;
      let refused = 0;
      const tally: Tally = {
        refused(code, count = 1) {
          if (code !== undefined && isUnreadable(code)) {
            malformed += count;
            refused += count;
          } else wellFormedAndFalse += count;
          if (code === undefined) withoutCode += count;
          const name = code ?? 'none';
          codes[name] = (codes[name] ?? 0) + count;
        },
        accepted(count = 1) {
          accepted += count;
        },
        crashed: crash,
      };
      const open = await target.open();
      let baseBytes: number | undefined;
      let idle = 0;
      try {
        for (let round = 0; refused < wanted && idle < MAX_ROUNDS_WITHOUT_REFUSAL; round += 1) {
          const roundSeed = (seed + round) >>> 0;
          where = `target ${target.name}, seed ${roundSeed}`;
          const before = refused;
          await open.round(roundSeed, tally);
          idle = refused === before ? idle + 1 : 0;
          // Memory of the first rounds is code, caches and the heap that V8 takes at once.
          const rssBytes = process.memoryUsage.rss();
          if (refused >= wanted / 10) baseBytes ??= rssBytes;
          if (baseBytes !== undefined)
            peakRssGrowthBytes = Math.max(peakRssGrowthBytes, rssBytes - baseBytes);
          await nextTurn();
        }
      } catch (error) {
        crash(error, 'the round ended');
      } finally {
        await open.close();
      }
    }
  } finally {
    process.off('uncaughtException', onUncaught);
    process.off('unhandledRejection', onUncaught);
  }
  return {
    ...{ seed, malformed, wellFormedAndFalse, accepted, crashes, crashCount },
    ...{ refusedWithoutCode: withoutCode, peakRssGrowthBytes },
    refusals: counts,
  };
}
