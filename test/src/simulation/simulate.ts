import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Title } from '@fairhop/shared/model';
import { createAsGraph } from '@fairhop/shared/net';
import { createBooks } from './books.js';
import { createConducts } from './cheating.js';
import { findCheaters } from './find-cheaters.js';
import type { SimulatedAgent } from './model.js';
import { asGraphFile, PERMITTING_ISPS } from './networks.js';
import { createOrderDesk, PIECE_BYTES } from './order-desk.js';
import { createPopulation } from './population.js';
import { createChance } from './random.js';
import { createTally } from './tally.js';
import { createTimeline } from './timeline.js';
import { type SimulationResult, tellResult } from './verdict.js';
import { anotherAddress, createWorld } from './world.js';
import type { World } from './world-model.js';

export interface SimulationConfig {
  /** The same seed gives the same run. */
  readonly seed: number;
  readonly agents: number;
  readonly cheatersPercent: number;
}

const START_MS = Date.UTC(2026, 2, 2, 8);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Downloads begin within it. */
const BUSY_MS = 4 * HOUR_MS;
const DOWNLOADS = 3;
/** Who cheats goes on with it. */
const CHEATERS_DOWNLOADS = 5;
/** Accounting looks every few seconds; here reports come every half minute. */
const LOOK_INTERVAL_MS = 2 * MINUTE_MS;
/** After a month few are there. */
const LATE_LOOK_INTERVAL_MS = 10 * MINUTE_MS;
/**
 * The last of those that were away report on the ninth day, when what was claimed is long dropped. Who tells accounting nothing is known
 * after a month, by what it signs then.
 */
const MONTH_MS = 31 * DAY_MS;
const MONTH_DOWNLOADS = 2;
const END_MS = MONTH_MS + DAY_MS;
/** Of honest ones one in so many keeps nothing, and fetches the same title again on so many days. */
const REPEATING_SHARE = 10;
const REPEAT_DAYS = 12;
/** As long as a channel to an address that was left is not given up. */
const LINGER_MS = 30_000;

/** Runs one world from begin to end in virtual time. */
export async function simulate({
  seed,
  agents: count,
  cheatersPercent,
}: SimulationConfig): Promise<SimulationResult> {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-simulation-'));
  const chance = createChance(seed);
  const timeline = createTimeline(START_MS);
  const graph = createAsGraph(asGraphFile);
  const titles = createTitles();
  const desk = createOrderDesk(graph, titles, { clock: timeline, chance });
  const books = await createBooks(graph, {
    clock: timeline,
    coordinatorKey: desk.identity.key,
    place: desk.quarantine,
    checkDraws: desk.checkDraws,
  });
  const tally = createTally(timeline.nowMs);
  let world: World | undefined;
  let agents: SimulatedAgent[] = [];
  try {
    const conducts = createConducts(() => world!);
    agents = await createPopulation({ agents: count, cheatersPercent, directory }, conducts, {
      nowMs: timeline.nowMs,
      chance,
    });
    const byKey = new Map(agents.map((agent) => [agent.identity.key, agent]));
    world = createWorld({ timeline, chance, desk, books, tally, agents: byKey, titles });
    await settleIn(world, agents, titles);
    for (const agent of agents) plan(world, agent, titles);
    const look = async (): Promise<void> => {
      await findCheaters(world!);
      const sinceMs = timeline.nowMs() - START_MS;
      const isBusy = sinceMs % MONTH_MS < BUSY_MS + 2 * HOUR_MS;
      const intervalMs = sinceMs < MONTH_MS ? LOOK_INTERVAL_MS : LATE_LOOK_INTERVAL_MS;
      timeline.after(isBusy ? intervalMs : 6 * HOUR_MS, look);
    };
    timeline.after(LOOK_INTERVAL_MS, look);
    await timeline.runUntil(START_MS + END_MS);
    await findCheaters(world);
    books.audit();
    return tellResult(seed, world, agents);
  } finally {
    for (const agent of agents) agent.stop();
    desk.stop();
    await books.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

function createTitles(): Title[] {
  return Array.from({ length: 6 }, (_, index) => ({
    id: `studio/film-${index}.mp4`,
    owner: 'studio',
    name: `film-${index}.mp4`,
    fileName: `film-${index}.mp4`,
    category: 'video',
    mediaType: 'video/mp4',
    metadata: {},
    contentId: (index + 1).toString(16).padStart(64, '0'),
    sizeBytes: (6 + 3 * index) * PIECE_BYTES,
    origin: { kind: 'directory' as const, path: `film-${index}.mp4` },
    rules: { peersAllowed: true },
    state: 'published' as const,
    publishedMs: START_MS - DAY_MS,
  }));
}

/** Everybody opens a session; each holds two titles already, but for those that have no uplink to offer. */
async function settleIn(
  world: World,
  agents: readonly SimulatedAgent[],
  titles: readonly Title[],
): Promise<void> {
  const { chance } = world;
  for (const agent of agents) {
    const own = agent.conduct.kind === 'colludes' ? titles : chance.shuffled(titles).slice(0, 2);
    if (agent.slots > 0) for (const title of own) agent.held.add(title.id);
    await world.connect(agent);
  }
}

/** When it downloads what, and what befalls it meanwhile. */
function plan(world: World, agent: SimulatedAgent, titles: readonly Title[]): void {
  const { chance, timeline } = world;
  const isHonest = agent.conduct.kind === 'honest';
  const wanted = chance.shuffled(
    titles.filter(({ id }) => !agent.held.has(id) || agent.conduct.kind === 'colludes'),
  );
  const count = isHonest ? DOWNLOADS : CHEATERS_DOWNLOADS;
  const times = Array.from(
    { length: count },
    (_, index) => START_MS + ((index + chance.below(1_000) / 1_000) * BUSY_MS) / count,
  );
  for (const [index, timeMs] of times.entries()) {
    timeline.at(timeMs, async () => {
      if (!agent.isUp || timeline.nowMs() < agent.offlineUntilMs) return;
      await world.download(agent, wanted[index % wanted.length]!);
      if (agent.conduct.isTwofold)
        await beElsewhereToo(
          world,
          agent,
          wanted.filter((_, other) => other !== index % wanted.length),
        );
    });
  }
  if (agent.conduct.isPatient)
    for (let index = 0; index < MONTH_DOWNLOADS; index += 1)
      timeline.at(
        START_MS + MONTH_MS + ((index + chance.below(1_000) / 1_000) * BUSY_MS) / MONTH_DOWNLOADS,
        () => world.download(agent, wanted[(count + index) % wanted.length]!),
      );
  if (!isHonest) return;
  if (chance.oneIn(REPEATING_SHARE))
    for (let day = 1; day <= REPEAT_DAYS; day += 1)
      timeline.at(START_MS + day * DAY_MS + chance.below(BUSY_MS), () =>
        fetchAgain(world, agent, wanted[0]!),
      );
  const first = times[0]!;
  switch (chance.below(10)) {
    case 0:
      timeline.at(first + chance.between(1_000, 8_000), () => {
        agent.crash();
        world.desk.disconnect(agent.identity.key);
        timeline.after(chance.between(MINUTE_MS, 40 * MINUTE_MS), async () => {
          agent.restart();
          await world.connect(agent);
          await world.report(agent);
        });
      });
      break;
    case 1:
      timeline.at(first + chance.between(1_000, 8_000), async () => {
        // Another address of its line, while its transfers go on.
        agent.address = anotherAddress(chance, agent.isp);
        await world.connect(agent);
      });
      break;
    case 2:
      timeline.at(first + chance.between(1_000, 60 * MINUTE_MS), () =>
        roam(world, agent, chance.pick([0, LINGER_MS])),
      );
      break;
    case 3:
      timeline.at(first + chance.between(1_000, 20_000), () =>
        beAway(world, agent, chance.between(1, 6) * DAY_MS),
      );
      break;
    case 4:
      // Longer than claims are held.
      if (chance.oneIn(6)) timeline.at(first + 10_000, () => beAway(world, agent, 9 * DAY_MS));
      break;
    case 5:
      // Its second line, while what runs stays on the first to its end.
      timeline.at(first + chance.between(1_000, 20_000), () => roam(world, agent, BUSY_MS));
      break;
    case 6:
      timeline.at(first + chance.between(1_000, 20_000), () => {
        agent.cutOffUntilMs = timeline.nowMs() + chance.between(HOUR_MS, 9 * DAY_MS);
        for (const title of wanted.slice(0, 2))
          timeline.at(chance.between(timeline.nowMs(), agent.cutOffUntilMs), () =>
            world.download(agent, title),
          );
      });
      break;
    default:
  }
}

/** What it had of the title is deleted by now. */
async function fetchAgain(world: World, agent: SimulatedAgent, title: Title): Promise<void> {
  if (!agent.isUp || world.timeline.nowMs() < agent.offlineUntilMs) return;
  if ([...agent.running].some(({ downloader }) => downloader === agent)) return;
  agent.held.delete(title.id);
  await world.download(agent, title);
}

/** Without any network for days, with reports that wait. */
function beAway(world: World, agent: SimulatedAgent, durationMs: number): void {
  if (!agent.isUp) return;
  agent.offlineUntilMs = world.timeline.nowMs() + durationMs;
  for (const transfer of [...agent.running]) transfer.end();
  world.desk.disconnect(agent.identity.key);
  world.timeline.after(durationMs, async () => {
    await world.connect(agent);
    await world.report(agent);
  });
}

/** Into another network: what runs goes on for so long from where it began, and the next comes from there. */
async function roam(world: World, agent: SimulatedAgent, lingersMs: number): Promise<void> {
  if (!agent.isUp || world.timeline.nowMs() < agent.offlineUntilMs) return;
  const left = [...agent.running];
  agent.isLingering = true;
  world.timeline.after(lingersMs, () => {
    for (const transfer of left) transfer.end();
  });
  agent.isp = world.chance.pick(PERMITTING_ISPS.filter((isp) => isp !== agent.isp));
  agent.address = anotherAddress(world.chance, agent.isp);
  await world.connect(agent);
}

/** The same key goes on from one or two more networks, and at home, for some minutes. */
async function beElsewhereToo(world: World, agent: SimulatedAgent, titles: readonly Title[]): Promise<void> {
  const { chance, timeline, tally } = world;
  const home = { isp: agent.isp, address: agent.address };
  const others = PERMITTING_ISPS.filter((isp) => isp !== home.isp).slice(0, agent.sendsTwice ? 2 : 1);
  const places = [...others.map((isp) => ({ isp, address: anotherAddress(chance, isp) })), home];
  for (let turn = 0; turn < 2 * places.length; turn += 1) {
    timeline.after((turn + 1) * MINUTE_MS, async () => {
      Object.assign(agent, places[turn % places.length]);
      await world.connect(agent);
      await world.download(agent, titles[turn % titles.length]!);
      for (const transfer of agent.running) if (transfer.downloader === agent) tally.lied(agent, transfer, 0);
    });
  }
}
