import { runCrashTest } from '../crash/run.js';
import { atLeast, atMost, type BenchResult } from './result.js';

const KILLS = 200;
const AGENTS = 4;

/** SIGKILL for agents, coordinator and accounting during transfers and ingest; `FAIRHOP_CRASH_SEED` repeats a run. */
export async function run(): Promise<BenchResult> {
  const seed = Number(process.env['FAIRHOP_CRASH_SEED'] ?? Date.now() % 2 ** 32);
  process.stderr.write(`crash: seed ${seed}\n`);
  const startMs = performance.now();
  const report = await runCrashTest({ seed, kills: KILLS, agents: AGENTS });
  const seconds = (performance.now() - startMs) / 1000;
  const { kills } = report;
  return {
    name: 'crash',
    reference:
      `the downloaders' signed receipts of ${report.transfers} transfers, what the edge counted, and ${report.filesDelivered} files; ` +
      `seed ${seed}, ${seconds.toFixed(0)} s; killed: accounting ${kills.accounting} times, the coordinator ${kills.coordinator}, ` +
      `agents ${kills.agents}; from the edge ${report.edgeBytes} bytes; ${report.rejections} reports refused; ` +
      `the audit's first break: ${report.auditBreak ?? 'none'}`,
    figures: {
      kills: atLeast(KILLS, kills.accounting + kills.coordinator + kills.agents, 'kills'),
      lostBytes: atMost(0, report.lostBytes, 'bytes'),
      doubledBytes: atMost(0, report.doubledBytes, 'bytes'),
      settledTakenBackBytes: atMost(0, report.takenBackBytes, 'bytes'),
      unsettledBytes: atMost(0, report.unsettledBytes, 'bytes'),
      settledBytes: atLeast(1, report.settledBytes, 'bytes'),
      filesWrong: atMost(0, report.filesWrong, 'files'),
      contradictions: atMost(0, report.contradictions, 'proofs'),
      auditOk: atLeast(1, report.auditBreak === null ? 1 : 0, 'audits'),
    },
  };
}
