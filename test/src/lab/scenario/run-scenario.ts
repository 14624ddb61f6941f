import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInternet, type EventTimes } from '../build/create-internet.js';
import type { Internet } from '../internet-model.js';
import { failuresOf, type LabReport, percent } from '../measure/report.js';
import { readCounters } from '../truth/counters.js';
import { makeAgreements } from './agreements.js';
import { componentReport } from './component-report.js';
import { runCrowd } from './crowd.js';
import { crowdBoundSeconds } from './crowd-bound.js';
import { captureEpoch, type Epoch, explainEpoch } from './epochs.js';
import { deliveryReport, natReport, routeChangeReport } from './ledger-report.js';
import { mrtReport } from './mrt-report.js';
import { comparePaths } from './path-report.js';
import { readDrops } from './read-drops.js';
import { readComponentIds, readComponentRecords, readEvents, readTraces } from './read-ledger.js';
import { compareRows, rowReport } from './row-report.js';
import { readSent, readTcpSegments } from './sent-report.js';
import { startServices } from './services.js';
import {
  CLIP_BYTES,
  FILM_BYTES,
  LINK_FAILURE,
  LINK_FAILURE_AT,
  ROUTE_CHANGE,
  ROUTE_CHANGE_AT,
  UPLOAD_BITS_PER_SECOND,
} from './settings.js';
import { settledEvents } from './settle.js';
import type { Story } from './story.js';
import { type Subscriber, startSubscribers } from './subscribers.js';
import { type Downloaded, downloadTitle, type PublishedTitle, publishTitle } from './titles.js';
import { traceReport } from './trace-report.js';
import { wireReport } from './wire-report.js';
import { withPriority } from './with-priority.js';

export interface ScenarioConfig {
  readonly internet: Internet;
  /** That of the running internet. */
  readonly directory: string;
  readonly story: Story;
  readonly signal: AbortSignal;
}

/** Runs the system in an internet that stands already, from within the CDN's network, and measures. */
export async function runScenario(config: ScenarioConfig): Promise<LabReport> {
  const undo: (() => Promise<unknown>)[] = [];
  try {
    return await run(config, undo);
  } finally {
    for (const step of undo.reverse()) await step().catch(() => undefined);
  }
}

async function run(
  { internet, directory, story, signal }: ScenarioConfig,
  undo: (() => Promise<unknown>)[],
): Promise<LabReport> {
  const running = createInternet(internet, { directory, log: story.line });
  const own = join(directory, 'system');
  await mkdir(own);
  story.chapter('Services start in the networks of the CDN and of the owner');
  const services = await startServices({ internet, directory: own, dumpsOf: running.dumpsOf, signal });
  undo.push(services.stop);
  const { permitting, declaring } = await makeAgreements(internet, services, signal);
  const declaredAsns = new Set(
    internet.networks.filter(({ isp }) => declaring.includes(isp)).map(({ asn }) => asn),
  );
  story.line(
    `${permitting.join(', ')} permit the use of uplinks; ${declaring.join(', ')} declare their networks`,
  );
  const stops: (() => Promise<unknown>)[] = [];
  undo.push(() => Promise.all(stops.map((stop) => stop())));
  const { coordinatorUrl } = services;
  const subscribers = await startSubscribers({ internet, directory: own, coordinatorUrl, signal }, stops);
  story.line(`${subscribers.length} subscribers are online`);
  const titles: PublishedTitle[] = [];
  const publish = async (name: string, sizeBytes: number): Promise<PublishedTitle> => {
    const title = await publishTitle(services, name, sizeBytes, signal);
    titles.push(title);
    return title;
  };
  const chain = chainOf({ subscribers, directory: own, story, signal });

  // Before and after the change of routes somebody of SP1 gets a clip that only SP3 has, and then its neighbour behind another NAT.
  const early = await chain(await publish('trailer', CLIP_BYTES), ['sp3-s1', 'sp1-n1', 'sp1-n2']);
  await settledEvents(services, subscribers, signal);
  const before = await readEvents(services);

  const film = await publish('film', FILM_BYTES);
  const startedMs = Date.now();
  const epochs: Epoch[] = [await captureEpoch(internet, 0, startedMs)];
  const changes: { readonly what: string; readonly atMs: number }[] = [];
  const happen = (what: string, cause: () => Promise<EventTimes>) => async (): Promise<void> => {
    story.line(what);
    const { startedMs: fromMs } = await withPriority(cause);
    changes.push({ what, atMs: fromMs });
    epochs.push(await captureEpoch(internet, fromMs, Date.now()));
  };
  story.chapter('A crowd: all get the film at once');
  const crowd = await runCrowd({
    title: film,
    subscribers,
    directory: own,
    signal,
    events: [
      {
        atShare: ROUTE_CHANGE_AT,
        happen: happen(`route change ${ROUTE_CHANGE}`, () => running.changeRoute(ROUTE_CHANGE, signal)),
      },
      {
        atShare: LINK_FAILURE_AT,
        happen: happen(`link failure ${LINK_FAILURE}`, () => running.failLink(LINK_FAILURE, signal)),
      },
    ],
  });
  const seconds = (crowd.endMs - crowd.startMs) / 1000;
  story.line(`the last had it after ${seconds.toFixed(1)} s`);

  const late = await chain(await publish('epilogue', CLIP_BYTES), ['sp3-n1', 'sp1-s2', 'sp1-s1']);

  story.chapter('Everybody ends, and the books are read');
  await settledEvents(services, subscribers, signal);
  const sent = await readSent(subscribers);
  await Promise.all(stops.splice(0).map((stop) => stop()));
  const events = await settledEvents(services, [], signal);
  const counters = await readCounters(internet);
  const droppedPackets = await readDrops(internet);
  const tcp = await readTcpSegments(internet);
  const explained = [];
  for (const epoch of epochs) explained.push(await explainEpoch(internet, services, epoch));
  const audit = await services.accounting.audit({});
  const traces = await readTraces(services);
  const rows = compareRows(internet, events, epochs, declaredAsns);
  const components = new Set([
    ...(await readComponentIds(services)),
    ...rows.flatMap(({ due, event }) => [...due, ...(event.path?.components ?? [])]),
  ]);
  const records = await readComponentRecords(services, [...components]);
  // With --keep the figures can be derived again.
  await writeFile(
    join(directory, 'measured.json'),
    JSON.stringify({
      film,
      titles,
      crowd: { startMs: crowd.startMs, endMs: crowd.endMs },
      epochs: explained,
      events,
      traces,
      records: Object.fromEntries(records),
      counters,
      sent: sent.peers,
    }),
  );
  const bounded = { sizeBytes: film.sizeBytes, startMs: crowd.startMs };
  const boundSeconds = await crowdBoundSeconds(internet, bounded, epochs);
  const uplinkBitsPerSecond = UPLOAD_BITS_PER_SECOND;
  const givenRatesBoundSeconds = await crowdBoundSeconds(
    internet,
    { ...bounded, uplinkBitsPerSecond },
    epochs,
  );
  const wire = wireReport({
    internet,
    events,
    epochs: explained,
    titles,
    counters,
    declaredAsns,
    sent,
  });
  const report: Omit<LabReport, 'failures'> = {
    paths: comparePaths(internet, explained, { declaredAsns, traces }),
    rowPaths: rowReport(rows),
    ...wire,
    maxWireError: Math.max(0, ...[...wire.links, ...wire.peerings].map(({ error }) => error)),
    conservation: { ok: audit.ok, firstBreak: audit.firstBreak },
    componentRecords: componentReport(rows, records),
    traces: traceReport(internet, traces),
    ...natReport(subscribers, events),
    ...deliveryReport(internet, events, film),
    efficiency: boundSeconds / seconds,
    boundSeconds,
    givenRatesBoundSeconds,
    seconds,
    changes: changes.map(({ what, atMs }) => ({ what, seconds: (atMs - crowd.startMs) / 1000 })),
    verified: [...early, ...crowd.downloads, ...late].every(({ isVerified }) => isVerified),
    routeChange: routeChangeReport(internet, { before, events, epochs: [epochs[0]!, epochs[1]!] }),
    mrt: await mrtReport(internet.routers.map(({ name }) => running.dumpsOf(name))),
    resent: { peers: sent.peers, tcp },
    droppedPackets,
    controlBytes: counters.reduce((total, { controlBytes }) => total + controlBytes, 0),
  };
  story.line(`${events.length} rows, wire error at most ${percent(report.maxWireError)}`);
  return { ...report, failures: failuresOf(report) };
}

interface ChainConfig {
  readonly subscribers: readonly Subscriber[];
  readonly directory: string;
  readonly story: Story;
  readonly signal: AbortSignal;
}

/** Subscribers get a title one after the other, so that each finds those before it. */
const chainOf =
  ({ subscribers, directory, story, signal }: ChainConfig) =>
  async (title: PublishedTitle, names: readonly string[]): Promise<Downloaded[]> => {
    story.chapter(`${names.join(', then ')} get ${title.id}`);
    const downloads: Downloaded[] = [];
    for (const name of names) {
      const subscriber = subscribers.find(({ host }) => host.name === name)!;
      downloads.push(await downloadTitle(title, subscriber, directory, signal));
    }
    return downloads;
  };
