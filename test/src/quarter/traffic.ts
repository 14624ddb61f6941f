import { createReceiptWriter } from '@fairhop/client-agent/testing';
import {
  completionBytes,
  contextOfGrant,
  type Identity,
  identityFromSeed,
  signToken,
} from '@fairhop/shared/crypto';
import {
  type GrantClaims,
  hostId,
  type PublicKey,
  type ReportMessage,
  type ReportRecord,
  type TransferKind,
  tokenType,
} from '@fairhop/shared/model';
import { createAgent } from '../simulation/agent.js';
import { honest, type SimulatedAgent } from '../simulation/model.js';
import { addressIn, networkOfIsp, PERMITTING_ISPS } from '../simulation/networks.js';
import type { Chance } from '../simulation/random.js';
import { asnOf } from './network.js';

export const COORDINATOR = 'coordinator';
export const coordinator: Identity = identityFromSeed(new Uint8Array(32).fill(1));

/** Messages that one reporter sends together, once what they tell of is over. */
export interface Told {
  readonly reporter: { readonly key: PublicKey; readonly role: 'agent' | 'edge' };
  readonly incarnation: string;
  readonly messages: readonly ReportMessage[];
  readonly overMs: number;
  /** Statements and completions alone, without which nothing settles and no file counts. */
  readonly isWord: boolean;
}

export interface TrafficConfig {
  /** Short ones between agents, and such by edges. */
  readonly transfers: number;
  /** By edges, for hours: what percentiles are made of. */
  readonly flows: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Transfers begin shortly before these times more often than elsewhere. */
  readonly hotMs: readonly number[];
  /** For what agents keep on disk beside databases. */
  readonly directory: string;
}

interface Film {
  readonly title: string;
  readonly owner: string;
  readonly category: string;
  readonly contentId: string;
  readonly sizeBytes: number;
}

const films: readonly Film[] = [
  ['moviestudio', 'first.mp4', 'video', 700_000_001],
  ['moviestudio', 'second.mp4', 'video', 1_300_000_007],
  ['newsroom', 'evening.mp4', 'live', 450_000_003],
  ['newsroom', 'archive.mp4', 'video', 900_000_011],
].map(([owner, name, category, sizeBytes], index) => ({
  title: `${owner}/${name}`,
  owner: String(owner),
  category: String(category),
  contentId: (index + 1).toString(16).padStart(64, '0'),
  sizeBytes: Number(sizeBytes),
}));

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const AGENTS_OF_ISP = 3;
const EDGE_ADDRESSES = ['127.0.0.1', addressIn(1, 50_000), addressIn(3, 50_000)] as const;
/** In no prefix that is known. */
const ORIGIN_ADDRESS = '127.9.0.1';

/** All that happens in the quarter, as its honest reporters tell it, in the order of time. */
export async function createTraffic(chance: Chance, config: TrafficConfig): Promise<Told[]> {
  const { transfers, flows, fromMs, toMs, hotMs, directory } = config;
  let nowMs = fromMs;
  const agents = PERMITTING_ISPS.flatMap((isp) =>
    Array.from({ length: AGENTS_OF_ISP }, (_, index) =>
      createAgent(
        {
          ...{ isp, address: addressIn(isp, 1_000 + index), conduct: honest, slots: 1 },
          ...{ upBitsPerSecond: 1, downBitsPerSecond: 1 },
        },
        { nowMs: () => nowMs, directory, chance },
      ),
    ),
  );
  const edges = EDGE_ADDRESSES.map((address) => ({
    address,
    identity: chance.identity(),
    incarnation: chance.uuid(),
    sent: 0,
  }));
  const told: Told[] = [];
  const received = new Map<string, number>();
  const completed = new Set<string>();
  const again: { readonly timeMs: number; readonly agent: SimulatedAgent; readonly film: Film }[] = [];

  const drain = (agent: SimulatedAgent): void => {
    const { outbox, identity, incarnation } = agent;
    while (outbox.size > 0) {
      // What it tells of a transfer goes in one batch or in several, which may pass each other.
      const messages = outbox.peek(chance.between(1, 12));
      outbox.remove(messages.map(({ sequence }) => sequence));
      told.push({
        reporter: { key: identity.key, role: 'agent' },
        ...{ incarnation, messages, overMs: nowMs },
        isWord: messages.every(({ record }) => ['uploader-statement', 'completion'].includes(record.type)),
      });
    }
  };
  const complete = (agent: SimulatedAgent, film: Film, bytes: number): void => {
    const key = `${agent.identity.key} ${film.title}`;
    const before = received.get(key) ?? 0;
    received.set(key, before + bytes);
    // Some have the rest from where nobody reports.
    if (completed.has(key) || (before + bytes < film.sizeBytes && !chance.oneIn(4))) return;
    completed.add(key);
    tellCompleted(agent, film);
    // Some delete it and fetch it again from where nobody reports, when the first report may still be on its way.
    for (let timeMs = nowMs; chance.oneIn(2); again.push({ timeMs, agent, film }))
      timeMs += chance.oneIn(2) ? chance.between(1, 10) * MINUTE_MS : chance.between(1, 20) * DAY_MS;
  };
  const tellCompleted = (agent: SimulatedAgent, { title, contentId, sizeBytes }: Film): void => {
    const facts = { agent: agent.identity.key, contentId, title, sizeBytes, timeMs: nowMs };
    const signature = Buffer.from(agent.identity.sign(completionBytes(facts))).toString('base64url');
    const { contentId: content, ...rest } = facts;
    drain(agent);
    agent.outbox.update({ records: [{ type: 'completion', content, ...rest, signature }] });
    drain(agent);
  };

  const betweenAgents = async (startMs: number): Promise<void> => {
    nowMs = startMs;
    const [uploader, downloader] = chance.shuffled(agents) as [SimulatedAgent, SimulatedAgent];
    const film = chance.pick(films);
    const { claims, token } = await order(chance, { uploader, downloader, film, startMs });
    const upload = uploader.uploads.begin({
      ...{ grant: token, claims, downloaderAddress: () => downloader.address },
    });
    const download = downloader.downloads.begin({
      ...{ transferId: claims.jti, grant: token, startMs },
      ends: () => ({ uploaderAddress: uploader.address, downloaderAddress: downloader.address }),
    });
    const writer = createReceiptWriter({
      ...{
        identity: downloader.identity,
        context: contextOfGrant(claims),
        expiresMs: claims.exp * SECOND_MS,
      },
      nowMs: () => nowMs,
      onReceipt: (receipt) => download.receipt(receipt),
      send: (receipt) => upload.noteReceipt(receipt, writer.acknowledgedBytes),
      onFailed: (error) => {
        throw error;
      },
    });
    const steps = chance.between(1, 6);
    const wanted = chance.oneIn(3) ? chance.between(1, film.sizeBytes) : film.sizeBytes;
    for (let step = 0; step < steps; step += 1) {
      const bytes = Math.floor((wanted * (step + 1)) / steps) - writer.acknowledgedBytes;
      // What is lost on the way at the end was sent all the same.
      const lostBytes = step === steps - 1 && chance.oneIn(4) ? chance.below(100_000) : 0;
      upload.noteSent(writer.acknowledgedBytes + bytes + lostBytes);
      writer.noteData();
      nowMs += chance.between(300, 50 * SECOND_MS);
      writer.acknowledge(bytes);
      writer.flush();
      downloader.downloads.cutDue(nowMs);
      if (chance.oneIn(2)) upload.state();
    }
    writer.end();
    upload.end();
    nowMs += 2 * SECOND_MS;
    download.end();
    complete(downloader, film, wanted);
    drain(uploader);
    drain(downloader);
  };

  const byEdge = (startMs: number, isFlow: boolean): void => {
    const edge = chance.pick(isFlow ? edges.slice(1) : edges);
    const film = chance.pick(films);
    const kind: TransferKind = isFlow
      ? 'edge-to-client'
      : chance.pick(['edge-to-client', 'edge-to-client', 'edge-to-edge', 'origin-to-edge'] as const);
    // Towards the ISP that the edges within ISPs are not in, so that flows meet on the same links.
    const client = chance.pick(isFlow ? agents.filter(({ isp }) => isp === 2) : agents);
    const other = edges.find((one) => one !== edge)!;
    const ends = {
      'edge-to-client': [edge, client],
      'edge-to-edge': [edge, other],
      'origin-to-edge': [{ address: ORIGIN_ADDRESS, identity: undefined }, edge],
    }[kind];
    const [source, destination] = ends as [typeof edge, typeof edge];
    const parts = isFlow ? 1 : chance.between(1, 3);
    const transferId = chance.uuid();
    const messages: ReportMessage[] = [];
    nowMs = startMs;
    for (let part = 0; part < parts; part += 1) {
      const beginMs = nowMs;
      nowMs += isFlow ? chance.between(HOUR_MS, 9 * HOUR_MS) : chance.between(0, 20 * MINUTE_MS);
      const bytes = isFlow
        ? chance.between(1e9, 2e10)
        : Math.floor(film.sizeBytes / chance.between(1, 4)) + 1;
      const record: ReportRecord = {
        ...{ type: 'edge-transfer', kind, transferId, part },
        source: hostId(source.identity?.key ?? 'origin'),
        sourceAddress: source.address,
        destination: hostId(destination.identity.key),
        destinationAddress: destination.address,
        ...{ content: film.contentId, title: film.title, category: film.category, sizeBytes: film.sizeBytes },
        ...{ bytes, startMs: beginMs, endMs: nowMs, maxRateBitsPerSecond: bytes },
      };
      messages.push({ sequence: edge.sent, record });
      edge.sent += 1;
      if (kind === 'edge-to-client') complete(client, film, bytes);
    }
    const reporter = { key: edge.identity.key, role: 'edge' as const };
    const common = { reporter, incarnation: edge.incarnation, overMs: nowMs, isWord: false };
    for (const message of messages) told.push({ ...common, messages: [message] });
    drain(client);
  };

  const startOf = (): number =>
    chance.oneIn(3)
      ? chance.pick(hotMs) - chance.between(0, 3 * MINUTE_MS)
      : fromMs + Math.floor(((toMs - fromMs) * chance.below(1_000_000)) / 1_000_000);
  const begins = [
    ...Array.from({ length: transfers }, () => ({ startMs: startOf(), isFlow: false })),
    ...Array.from({ length: flows }, (_, index) => ({
      startMs: eveningOf(fromMs + ((toMs - fromMs) * (index + 0.5)) / flows) + chance.below(HOUR_MS),
      isFlow: true,
    })),
  ].sort((left, right) => left.startMs - right.startMs);
  try {
    for (const { startMs, isFlow } of begins) {
      if (isFlow || chance.oneIn(3)) byEdge(startMs, isFlow);
      else await betweenAgents(startMs);
    }
    for (const { timeMs, agent, film } of again) {
      nowMs = timeMs;
      tellCompleted(agent, film);
    }
  } finally {
    for (const agent of agents) agent.stop();
  }
  return told.sort((left, right) => left.overMs - right.overMs);
}

const eveningOf = (timeMs: number): number => Math.floor(timeMs / DAY_MS) * DAY_MS + 17 * HOUR_MS;

async function order(
  chance: Chance,
  {
    uploader,
    downloader,
    film,
    startMs,
  }: { uploader: SimulatedAgent; downloader: SimulatedAgent; film: Film; startMs: number },
): Promise<{ claims: GrantClaims; token: string }> {
  // Some roam: what the coordinator saw is another network than the one that the bytes go to.
  const downloaderAsn = chance.oneIn(12) ? 64_504 : asnOf(downloader.address);
  const issued = Math.floor(startMs / SECOND_MS);
  const claims: GrantClaims = {
    ...{ jti: chance.uuid(), iss: COORDINATOR, aud: uploader.identity.key, iat: issued, exp: issued + 3_600 },
    ...{ content: film.contentId, title: film.title, category: film.category, sizeBytes: film.sizeBytes },
    ...{ uploader: uploader.identity.key, downloader: downloader.identity.key },
    ...{ maxBytes: film.sizeBytes + 100_000, rateBitsPerSecond: 1_000_000_000 },
    permit: { id: 'permit-1', isp: `sp${uploader.isp}`, networks: [networkOfIsp(uploader.isp)] },
    ...{ uploaderAsn: asnOf(uploader.address), downloaderAsn },
  };
  const token = await signToken({
    claims,
    identity: coordinator,
    kid: coordinator.key,
    type: tokenType.grant,
  });
  return { claims, token };
}
