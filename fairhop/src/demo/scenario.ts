import { stat } from 'node:fs/promises';
import { setBudget, tellAlerts, untilAlerted } from './budget.js';
import { closeMonth } from './close-month.js';
import { agreeOnContracts } from './contracts.js';
import { eveningZone, monthOf } from './evening-zone.js';
import { requireLoopbackAddresses } from './loopback.js';
import { createMovableClock } from './movable-clock.js';
import { letPolicyBite } from './policy.js';
import { permitUplinks, publish } from './publish-and-permit.js';
import { race, verifyFiles } from './race.js';
import { type AgentDownload, type DemoReport, demoReport, type LedgerEvidence } from './report.js';
import { type DemoSetting, OWNER } from './setting.js';
import { askTheLedger, tellTotals, untilBillable, untilBooked } from './settlement.js';
import { startAll } from './start-all.js';
import { startSubscribers, stopSubscribers } from './subscribers.js';
import { CDN_ADDRESS, demoSubscribers } from './topology.js';

type Undo = (() => Promise<unknown>)[];

/** Plays everything on loopback and leaves nothing running. */
export const playDemo = async (
  setting: DemoSetting,
): Promise<{ report: DemoReport; evidence: LedgerEvidence }> => {
  const subscribers = demoSubscribers(setting.perIsp);
  await requireLoopbackAddresses([CDN_ADDRESS, ...subscribers.map(({ address }) => address)]);
  const undo: Undo = [];
  try {
    return await play(setting, undo);
  } finally {
    for (const step of undo.reverse()) await step().catch(() => undefined);
  }
};

const play = async (
  setting: DemoSetting,
  undo: Undo,
): Promise<{ report: DemoReport; evidence: LedgerEvidence }> => {
  const { story, signal, file } = setting;
  const nowMs = Date.now();
  const timeZone = eveningZone(nowMs);
  const month = monthOf(nowMs, timeZone);
  const clock = createMovableClock();
  const { all, accounting, operator, sp1 } = await startAll(setting, clock, undo);

  story.chapter('A title is published');
  await operator.type('owner', 'add', OWNER);
  const title = await publish(setting, operator, file);
  await permitUplinks(setting, operator);
  const subscribers = demoSubscribers(setting.perIsp);
  const expectedBytes = (await stat(file)).size * subscribers.length;
  const receiver = await setBudget(setting, accounting, expectedBytes, undo);
  await agreeOnContracts(setting, accounting, { timeZone, fromMs: month.fromMs });
  const running = await startSubscribers(setting, all, subscribers, undo);
  story.chapter('All of them download it, from the edge over HTTP and from each other over WebRTC');
  const downloads = await race(setting, running, title);
  await verifyFiles(setting, running, downloads, title);

  await untilBooked(accounting, running, receivedBytes(downloads), signal);
  const alerts = await untilAlerted(accounting, signal);
  tellAlerts(story, alerts, receiver.received().length);
  const { ledger, evidence } = await askTheLedger(setting, accounting, running, { alerts, nowMs, timeZone });

  const raceSeconds = Math.max(...downloads.map(({ seconds }) => seconds));
  const bitsPerSecondBefore = Math.round((ledger.queries.ownerSp1ToSp2 * 8) / raceSeconds);
  const bitten = await letPolicyBite(setting, running, { operator, sp1, bitsPerSecondBefore });
  const downloadedBytes = receivedBytes([...downloads, ...bitten.downloads]);
  const billableBytes = await untilBillable(accounting, downloadedBytes, signal);
  // Accounting, from the next month on, would take their tokens for run out.
  await stopSubscribers(running);
  const closed = await closeMonth(setting, { accounting, operator, clock, month, timeZone });

  const report = demoReport(downloads, ledger, {
    policies: [bitten.policy],
    invoices: closed.invoices,
    netSettlement: closed.netSettlement,
  });
  tellTotals(story, report, evidence.crossAsBytes);
  return { report, evidence: { ...evidence, ...closed.evidence, billableBytes, downloadedBytes } };
};

const receivedBytes = (downloads: readonly AgentDownload[]): number =>
  downloads.reduce((total, { bytesFromPeers, bytesFromEdges }) => total + bytesFromPeers + bytesFromEdges, 0);
