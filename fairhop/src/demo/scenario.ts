import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DownloadProgress, DownloadResult } from '@fairhop/client-agent';
import { type Alert, accountingEndpoints, createClient, createHttpClient } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { formatBytes, sleep } from '@fairhop/shared/service';
import { type AllInOne, createAllInOne } from '../up/all-in-one.js';
import { eveningZone, quarterOf } from './evening-zone.js';
import { freePorts } from './free-ports.js';
import { requireLoopbackAddresses } from './loopback.js';
import { type AccountingClient, askTheFive, ispMatrix, ledgerCrossAsBytes } from './questions.js';
import { type AgentDownload, type DemoReport, demoReport } from './report.js';
import { runCommand } from './run-command.js';
import { exactBytes, type Story } from './story.js';
import { type Subscriber, type SubscriberReady, startSubscriber } from './subscriber-process.js';
import { asGraph, CDN_ADDRESS, type DemoSubscriber, demoSubscribers, permittingIsps } from './topology.js';
import { createWebhookReceiver } from './webhook-receiver.js';

const OWNER = 'moviestudio';
const BUDGET = 'moviestudio-launch';
const EDGE_RATE_BITS_PER_SECOND = 40_000_000;
const UPLINK_RATE = '30Mbit/s';
/** Parts of transfers are short here, so that the budget can warn while the downloads run. */
const PART_MS = 5_000;
/** The budget, as a share of everything that will be delivered: the last tenth is over it. */
const BUDGET_SHARE = 0.9;
const SETTLE_TIMEOUT_MS = 60_000;
const SETTLE_INTERVAL_MS = 250;
const PROGRESS_INTERVAL_MS = { terminal: 250, plain: 2_000 };

export interface DemoSetting {
  readonly directory: string;
  readonly file: string;
  readonly perIsp: number;
  readonly story: Story;
  readonly signal: AbortSignal;
}

interface RunningSubscriber extends DemoSubscriber {
  readonly subscriber: Subscriber;
  readonly ready: SubscriberReady;
}

const sha256Of = async (file: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
};

/** Plays everything on loopback and leaves nothing running. */
export const playDemo = async (
  setting: DemoSetting,
): Promise<{ report: DemoReport; ledgerCrossAsBytes: number }> => {
  const { directory, story, signal } = setting;
  const subscribers = demoSubscribers(setting.perIsp);
  await requireLoopbackAddresses([CDN_ADDRESS, ...subscribers.map(({ address }) => address)]);
  const undo: (() => Promise<unknown>)[] = [];
  try {
    story.chapter('An internet of three ISPs, a backbone and a CDN');
    const all = await startServices(directory);
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

    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const receiver = createWebhookReceiver(secret);
    const webhookUrl = await receiver.start(CDN_ADDRESS);
    undo.push(receiver.stop);
    const sizeBytes = (await stat(setting.file)).size;
    const limitBytes = Math.floor(sizeBytes * subscribers.length * BUDGET_SHARE);
    await accounting.putBudget({
      params: { id: BUDGET },
      body: {
        owner: OWNER,
        limitBytes,
        period: 'month',
        stepsPercent: [80, 100],
        webhook: { url: webhookUrl, secret },
      },
    });
    story.line(
      `${OWNER} sets a budget of ${formatBytes(limitBytes)} this month and wants to hear at 80 % and 100 %`,
    );

    const running = await startSubscribers(setting, all, subscribers, undo);
    const downloads = await race(setting, running, reference);
    await verifyFiles(setting, running, downloads);
    await untilBooked(
      accounting,
      downloads.reduce((total, { bytes }) => total + bytes, 0),
      signal,
    );
    const alerts = await untilAlerted(accounting, signal);
    tellAlerts(story, alerts, receiver.received().length);

    const ledger = await settle(setting, accounting, running, alerts);
    const report = demoReport(downloads, ledger);
    const crossAsBytes = await ledgerCrossAsBytes(accounting);
    tellTotals(story, report, crossAsBytes);
    return { report, ledgerCrossAsBytes: crossAsBytes };
  } finally {
    for (const step of undo.reverse()) await step().catch(() => undefined);
  }
};

const startServices = async (directory: string): Promise<AllInOne> => {
  const asGraphFile = join(directory, 'as-graph.json');
  await writeFile(asGraphFile, JSON.stringify(asGraph, null, 2));
  const [coordinatorPort, accountingPort, edgePort] = (await freePorts(CDN_ADDRESS, 3)) as [
    number,
    number,
    number,
  ];
  const all = createAllInOne({
    dataDirectory: join(directory, 'services'),
    host: CDN_ADDRESS,
    coordinatorPort,
    accountingPort,
    edgePort,
    asGraphFile,
    edgeRateBitsPerSecond: EDGE_RATE_BITS_PER_SECOND,
    edgeMaxPartMs: PART_MS,
    logLevel: 'warn',
  });
  await all.start();
  return all;
};

/** Types the commands that the owner and the ISPs would; gives the landing URL. */
const publishAndPermit = async ({ file, story, signal }: DemoSetting, all: AllInOne): Promise<string> => {
  const environment = {
    coordinatorUrl: all.coordinatorUrl,
    accountingUrl: all.accountingUrl,
    token: all.operatorToken,
  };
  const type = (...words: string[]): Promise<unknown> => runCommand(words, environment, signal);
  story.chapter('A title is published');
  await type('owner', 'add', OWNER);
  const published = (await type(
    'publish',
    file,
    '--owner',
    OWNER,
    '--category',
    'video',
    '--origin-directory',
    all.originDirectory,
  )) as { title: { id: string; contentId: string; sizeBytes: number }; landingUrl: string };
  const { title, landingUrl } = published;
  story.line(`$ fairhop publish ${basename(file)} --owner ${OWNER} --category video`);
  story.line(`${landingUrl}   ${exactBytes(title.sizeBytes)}, content ${title.contentId.slice(0, 16)}…`);
  story.chapter('SP1 and SP2 permit the use of their subscribers’ uplinks, SP3 does not');
  for (const { isp, network } of permittingIsps) {
    await type('isp', 'agreement', 'set', isp, 'uplinks', '--networks', network);
    story.line(`$ fairhop isp agreement set ${isp} uplinks --networks ${network}`);
  }
  return landingUrl;
};

const startSubscribers = async (
  { directory, story }: DemoSetting,
  all: AllInOne,
  subscribers: readonly DemoSubscriber[],
  undo: (() => Promise<unknown>)[],
): Promise<RunningSubscriber[]> => {
  story.chapter(
    `${subscribers.length} subscribers start their agents, each with its own key, address and store`,
  );
  const started = subscribers.map((subscriber) => ({
    ...subscriber,
    subscriber: startSubscriber({
      name: subscriber.name,
      address: subscriber.address,
      dataDirectory: join(directory, 'agents', subscriber.name),
      coordinatorUrl: all.coordinatorUrl,
      uploadRate: UPLINK_RATE,
      // maxPartMs: PART_MS,
    }),
  }));
  undo.push(() => Promise.all(started.map(({ subscriber }) => subscriber.stop())));
  const running = await Promise.all(
    started.map(async (one) => ({ ...one, ready: await one.subscriber.ready })),
  );
  for (const { name, address, ready } of running)
    story.line(
      `${name}  ${address}  ${ready.agent.slice(0, 12)}…  in ${ready.isp?.toUpperCase()}, ${ready.uploadReady ? 'may upload' : 'may not upload'}`,
    );
  return running;
};

/** Everybody asks at once; resolves when the last one has it. */
const race = async (
  { directory, story, signal }: DemoSetting,
  running: readonly RunningSubscriber[],
  reference: string,
): Promise<AgentDownload[]> => {
  story.chapter('All of them download it, from the edge over HTTP and from each other over WebRTC');
  const startMs = performance.now();
  const progress = new Map<string, DownloadProgress | undefined>(
    running.map(({ name }) => [name, undefined]),
  );
  const tell = (): void => story.progress(progress, performance.now() - startMs);
  const timer = setInterval(
    tell,
    process.stdout.isTTY ? PROGRESS_INTERVAL_MS.terminal : PROGRESS_INTERVAL_MS.plain,
  );
  try {
    return await Promise.all(
      running.map(async ({ name, isp, subscriber }) => {
        const output = join(directory, `${name}.download`);
        const result = await subscriber.control.download(
          { reference, output },
          (state) => progress.set(name, state),
          signal,
        );
        progress.set(name, result);
        return agentDownload(name, isp, result);
      }),
    );
  } finally {
    clearInterval(timer);
    tell();
  }
};

const agentDownload = (agent: string, isp: string, result: DownloadResult): AgentDownload => ({
  agent,
  isp,
  verified: result.verified,
  bytes: result.bytes,
  seconds: Math.round(result.seconds * 1000) / 1000,
  bytesFromPeers: result.bytesFromPeers,
  bytesFromEdges: result.bytesFromEdges,
  crossAsBytes: result.crossAsBytes,
  onNetBytes: result.onNetBytes,
  uploadsWithoutPermit: result.uploadsWithoutPermit,
});

/** The agents verified each piece; here the whole files are compared with the published one. */
const verifyFiles = async (
  { directory, file, story }: DemoSetting,
  running: readonly RunningSubscriber[],
  downloads: readonly AgentDownload[],
): Promise<void> => {
  const published = await sha256Of(file);
  for (const { name } of running)
    if ((await sha256Of(join(directory, `${name}.download`))) !== published)
      throw new FairhopError('download-differs', `what ${name} downloaded is not what was published`);
  const slowest = Math.max(...downloads.map(({ seconds }) => seconds));
  story.line(
    `all ${running.length} files equal the published one (SHA-256 ${published.slice(0, 16)}…); the last was done after ${slowest.toFixed(1)} s`,
  );
};

/** Reports arrive after the downloads: waits until the ledger holds every byte that the agents counted. */
const untilBooked = async (
  accounting: AccountingClient,
  bytes: number,
  signal: AbortSignal,
): Promise<void> => {
  const deadlineMs = performance.now() + SETTLE_TIMEOUT_MS;
  for (;;) {
    const { value } = await accounting.query({ body: { measure: 'bytes' } });
    if (value >= bytes || performance.now() > deadlineMs) return;
    await sleep(SETTLE_INTERVAL_MS, signal);
  }
};

const untilAlerted = async (accounting: AccountingClient, signal: AbortSignal): Promise<Alert[]> => {
  const deadlineMs = performance.now() + SETTLE_TIMEOUT_MS;
  for (;;) {
    const { alerts } = await accounting.listAlerts({ query: { budget: BUDGET } });
    const delivered = alerts.filter(({ deliveredMs }) => deliveredMs !== null);
    if (delivered.length >= 2 || performance.now() > deadlineMs)
      return delivered.sort((left, right) => left.stepPercent - right.stepPercent);
    await sleep(SETTLE_INTERVAL_MS, signal);
  }
};

const tellAlerts = (story: Story, alerts: readonly Alert[], verifiedWebhooks: number): void => {
  story.chapter('The budget warns');
  for (const alert of alerts)
    story.line(
      `${alert.budget} reached ${alert.stepPercent} %: ${exactBytes(alert.usedBytes)} at ${new Date(alert.crossedMs).toISOString()}, delivered by signed webhook`,
    );
  story.line(`the receiver verified ${verifiedWebhooks} signatures`);
};

const settle = async (
  { story }: DemoSetting,
  accounting: AccountingClient,
  running: readonly RunningSubscriber[],
  alerts: readonly Alert[],
): Promise<Pick<DemoReport, 'queries' | 'matrix' | 'alerts' | 'audit'>> => {
  const nowMs = Date.now();
  const timeZone = eveningZone(nowMs);
  const quarter = quarterOf(nowMs, timeZone);
  const [first] = running as [RunningSubscriber];
  const { queries, sp1ToSp2Daytime } = await askTheFive({
    accounting,
    owner: OWNER,
    timeZone,
    quarter,
    host: `host:${first.ready.agent}`,
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
  return {
    queries,
    matrix,
    alerts: alerts.map(({ budget, stepPercent, deliveredMs }) => ({
      budget,
      step: stepPercent,
      deliveredAt: new Date(deliveredMs!).toISOString(),
    })),
    audit: { ok, events, bytes },
  };
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

const tellTotals = (
  story: Story,
  { totals, uploadsWithoutPermit }: DemoReport,
  ledgerBytes: number,
): void => {
  story.chapter('In all');
  story.line(
    `${exactBytes(totals.bytes)} delivered, ${(totals.offload * 100).toFixed(1)} % of them by peers`,
  );
  story.line(
    `${exactBytes(totals.onNetBytes)} stayed within their ISP; ${exactBytes(totals.crossAsBytes)} left their AS, and the ledger says ${ledgerBytes === totals.crossAsBytes ? 'the same' : ledgerBytes}`,
  );
  story.line(`uploads without permit: ${uploadsWithoutPermit}`);
};
