import type { Alert } from '@fairhop/shared/contract';
import { hostId } from '@fairhop/shared/model';
import { formatBytes } from '@fairhop/shared/service';
import { quarterOf } from './evening-zone.js';
import { poll } from './poll.js';
import { type AccountingClient, askTheFive, ispMatrix, ledgerCrossAsBytes } from './questions.js';
import type { DemoReport, LedgerEvidence } from './report.js';
import type { SettlementEvidence } from './report-settlement.js';
import { type DemoSetting, OWNER } from './setting.js';
import { exactBytes, type Story } from './story.js';
import type { RunningSubscriber } from './subscribers.js';

/** Reports arrive after the downloads: waits until the ledger holds every byte and file that the agents counted. */
export const untilBooked = async (
  accounting: AccountingClient,
  running: readonly RunningSubscriber[],
  bytes: number,
  signal: AbortSignal,
): Promise<void> => {
  const bookedBytes = async () => (await accounting.query({ body: { measure: 'bytes' } })).value;
  await poll(bookedBytes, (booked) => booked >= bytes, signal);
  for (const { ready } of running) {
    const body = { measure: 'files', owner: OWNER, destinationHost: hostId(ready.agent) } as const;
    const bookedFiles = async () => (await accounting.query({ body })).value;
    await poll(bookedFiles, (files) => files >= 1, signal);
  }
};

/** Waits until all that was downloaded can be invoiced: what only one side claims waits for the other. Gives what can. */
export const untilBillable = async (
  accounting: AccountingClient,
  bytes: number,
  signal: AbortSignal,
): Promise<number> => {
  const body = { measure: 'bytes', belief: 'billable' } as const;
  const billable = async () => (await accounting.query({ body })).value;
  return poll(billable, (value) => value >= bytes, signal);
};

/** Asks what an ISP and an owner would, at `nowMs` and in a zone. */
export const askTheLedger = async (
  { story }: DemoSetting,
  accounting: AccountingClient,
  running: readonly RunningSubscriber[],
  { alerts, nowMs, timeZone }: { alerts: readonly Alert[]; nowMs: number; timeZone: string },
): Promise<{
  ledger: Pick<DemoReport, 'queries' | 'matrix' | 'alerts' | 'audit'>;
  evidence: Omit<LedgerEvidence, keyof SettlementEvidence>;
}> => {
  const quarter = quarterOf(nowMs, timeZone);
  const [first] = running as [RunningSubscriber];
  const { queries, sp1ToSp2Daytime } = await askTheFive({
    accounting,
    owner: OWNER,
    timeZone,
    quarter,
    host: hostId(first.ready.agent),
  });
  story.chapter('The five settlement queries');
  story.line(
    `1. bytes that left SP1 and entered SP2 from 18:00 to 00:00 (${timeZone}): ${exactBytes(queries.sp1ToSp2Evening)}; in the other hours: ${sp1ToSp2Daytime}`,
  );
  story.line(`2. bytes of ${OWNER} that left SP1 and entered SP2: ${exactBytes(queries.ownerSp1ToSp2)}`);
  story.line(
    `3. bytes of ${OWNER} delivered to subscribers of SP1: ${exactBytes(queries.ownerDeliveredToSp1)}`,
  );
  story.line(`4. files of ${OWNER} that ${first.name} received: ${queries.filesReceivedByHost}`);
  story.line(
    `5. SP1→SP2 minus SP2→SP1 in ${quarter}: ${queries.sp1Sp2Difference.toLocaleString('en')} bytes`,
  );

  const matrix = await ispMatrix(accounting);
  story.chapter('Who sent to whom');
  tellMatrix(story, matrix);

  const { ok, events, bytes } = await accounting.audit({});
  story.chapter('The audit');
  story.line(`${ok ? 'every sum equals every other' : 'BROKEN'}: ${events} events, ${exactBytes(bytes)}`);
  const shown = {
    queries,
    matrix,
    alerts: alerts.map(({ budget, stepPercent, deliveredMs }) => ({
      budget,
      step: stepPercent,
      deliveredAt: new Date(deliveredMs!).toISOString(),
    })),
    audit: { ok, events, bytes },
  };
  return { ledger: shown, evidence: { crossAsBytes: await ledgerCrossAsBytes(accounting), sp1ToSp2Daytime } };
};

const tellMatrix = (story: Story, matrix: DemoReport['matrix']): void => {
  const isps = ['cdn', 'sp1', 'sp2', 'sp3'];
  const cell = (text: string): string => text.padStart(12);
  story.line(
    `${'from \\ to'.padEnd(10)}${isps
      .slice(1)
      .map((isp) => cell(isp.toUpperCase()))
      .join('')}`,
  );
  for (const from of isps) {
    const row = isps
      .slice(1)
      .map((to) =>
        cell(formatBytes(matrix.find((entry) => entry.from === from && entry.to === to)?.bytes ?? 0)),
      );
    story.line(`${from.toUpperCase().padEnd(10)}${row.join('')}`);
  }
};

export const tellTotals = (
  story: Story,
  { totals, uploadsWithoutPermit }: Pick<DemoReport, 'totals' | 'uploadsWithoutPermit'>,
  ledgerBytes: number,
): void => {
  story.chapter('The first title, in all');
  story.line(
    `${exactBytes(totals.bytes)} delivered, ${(totals.offload * 100).toFixed(1)} % of them by peers`,
  );
  story.line(
    `${exactBytes(totals.onNetBytes)} stayed within their ISP; ${exactBytes(totals.crossAsBytes)} left their AS, and the ledger says ${ledgerBytes === totals.crossAsBytes ? 'the same' : ledgerBytes}`,
  );
  story.line(`uploads without permit: ${uploadsWithoutPermit}`);
};
