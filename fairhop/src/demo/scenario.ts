import { stat } from 'node:fs/promises';
import { accountingEndpoints, createClient, createHttpClient } from '@fairhop/shared/contract';
import { setBudget, tellAlerts, untilAlerted } from './budget.js';
import { requireLoopbackAddresses } from './loopback.js';
import { publishAndPermit } from './publish-and-permit.js';
import { race, verifyFiles } from './race.js';
import { type DemoReport, demoReport, type LedgerEvidence } from './report.js';
import { startServices } from './services.js';
import { type DemoSetting, EDGE_RATE_BITS_PER_SECOND, PART_MS, UPLINK_RATE } from './setting.js';
import { settle, tellTotals, untilBooked } from './settlement.js';
import { startSubscribers } from './subscribers.js';
import { CDN_ADDRESS, demoSubscribers } from './topology.js';

/** Plays everything on loopback and leaves nothing running. */
export const playDemo = async (
  setting: DemoSetting,
): Promise<{ report: DemoReport; evidence: LedgerEvidence }> => {
  const { directory, story, signal } = setting;
  const subscribers = demoSubscribers(setting.perIsp);
  await requireLoopbackAddresses([CDN_ADDRESS, ...subscribers.map(({ address }) => address)]);
  const undo: (() => Promise<unknown>)[] = [];
  try {
    story.chapter('An internet of three ISPs, a backbone and a CDN');
    const all = await startServices(directory, {
      edgeRateBitsPerSecond: EDGE_RATE_BITS_PER_SECOND,
      edgeMaxPartMs: PART_MS,
    });
    undo.push(all.stop);
    story.line(
      'SP1 127.1/16 and SP2 127.2/16 peer; SP3 127.3/16 buys transit from SP2; the backbone serves SP1 and SP2',
    );
    story.line(
      `the CDN's edge on ${CDN_ADDRESS} gives ${EDGE_RATE_BITS_PER_SECOND / 1e6} Mbit/s in all, each uplink ${UPLINK_RATE}`,
    );
    const http = createHttpClient();
    undo.push(() => http.close());
    const accounting = createClient(accountingEndpoints, {
      http,
      baseUrl: all.accountingUrl,
      token: all.operatorToken,
    });

    const reference = await publishAndPermit(setting, all);
    const expectedBytes = (await stat(setting.file)).size * subscribers.length;
    const receiver = await setBudget(setting, accounting, expectedBytes, undo);
    const running = await startSubscribers(setting, all, subscribers, undo);
    const downloads = await race(setting, running, reference);
    await verifyFiles(setting, running, downloads);

    const downloadedBytes = downloads.reduce(
      (total, { bytesFromPeers, bytesFromEdges }) => total + bytesFromPeers + bytesFromEdges,
      0,
    );
    await untilBooked(accounting, running, downloadedBytes, signal);
    const alerts = await untilAlerted(accounting, signal);
    tellAlerts(story, alerts, receiver.received().length);
    const { ledger, evidence } = await settle(setting, accounting, running, alerts);
    const report = demoReport(downloads, ledger);
    tellTotals(story, report, evidence.crossAsBytes);
    return { report, evidence };
  } finally {
    for (const step of undo.reverse()) await step().catch(() => undefined);
  }
};
