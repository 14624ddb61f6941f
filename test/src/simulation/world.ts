import {
  FairhopError,
  hostId,
  type PeerTransferRecord,
  type ReportMessage,
  type ReportRecord,
  type Title,
} from '@fairhop/shared/model';
import type { Books } from './books.js';
import type { SimulatedAgent, Transfer } from './model.js';
import { addressIn } from './networks.js';
import { type OrderDesk, PIECE_BYTES, piecesOf } from './order-desk.js';
import type { Chance } from './random.js';
import type { Tally } from './tally.js';
import type { Timeline } from './timeline.js';
import { beginTransfer } from './transfer.js';
import type { World } from './world-model.js';

const MAX_PEERS = 3;
const BATCH_MESSAGES = 500;
/** Retries of an agent that is away. */
const AWAY_MS = 60_000;

interface WorldDependencies {
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly desk: OrderDesk;
  readonly books: Books;
  readonly tally: Tally;
  readonly agents: ReadonlyMap<string, SimulatedAgent>;
  readonly titles: readonly Title[];
}

export function createWorld(deps: WorldDependencies): World {
  const { timeline, chance, desk, books, tally, agents, titles } = deps;
  const edge = chance.identity();
  const edgeIncarnation = chance.uuid();
  const besidesIncarnations = new Map<SimulatedAgent, { id: string; next: number }>();
  const transfers: Transfer[] = [];
  const byId = new Map<string, Transfer>();
  const parts = new Map<string, PeerTransferRecord[]>();
  const refusedOfHonest: string[] = [];
  let edgeSequence = 0;
  let edgeBytes = 0;
  let collusionBoundBytes = 0;
  const isHonest = (agent: SimulatedAgent): boolean => agent.conduct.kind === 'honest';
  const agentOf = (key: string): SimulatedAgent => agents.get(key)!;

  const send = async (
    agent: SimulatedAgent,
    incarnation: string,
    messages: readonly ReportMessage[],
  ): Promise<void> => {
    const reporter = { key: agent.identity.key, role: 'agent' as const };
    const { rejected } = await books.report(reporter, incarnation, messages);
    for (const { code, message } of rejected) {
      if (isHonest(agent)) refusedOfHonest.push(`${code}: ${message}`);
      else tally.caught(agent, `${code.endsWith('-contradicts') ? 'proven' : 'refused'}: ${code}`);
    }
  };
  /** What no recorder of the product makes, as messages of a second data directory. */
  const sendBesides = async (agent: SimulatedAgent, records: readonly ReportRecord[]): Promise<void> => {
    if (records.length === 0) return;
    const incarnation = besidesIncarnations.get(agent) ?? { id: chance.uuid(), next: 0 };
    besidesIncarnations.set(agent, incarnation);
    const messages = records.map((record, index) => ({ sequence: incarnation.next + index, record }));
    incarnation.next += records.length;
    await send(agent, incarnation.id, messages);
  };

  const fromEdge = async (agent: SimulatedAgent, title: Title, pieces: number): Promise<void> => {
    if (pieces <= 0) return;
    const bytes = pieces * PIECE_BYTES;
    edgeBytes += bytes;
    const endMs = timeline.nowMs();
    const record: ReportRecord = {
      type: 'edge-transfer',
      kind: 'edge-to-client',
      transferId: chance.uuid(),
      part: 0,
      source: hostId(edge.key),
      sourceAddress: '127.0.0.1',
      destination: hostId(agent.identity.key),
      destinationAddress: agent.address,
      content: title.contentId,
      title: title.id,
      category: title.category,
      sizeBytes: title.sizeBytes,
      bytes,
      startMs: Math.max(0, endMs - 1_000),
      endMs,
      maxRateBitsPerSecond: bytes * 8,
    };
    const sequence = edgeSequence++;
    const { rejected } = await books.report({ key: edge.key, role: 'edge' }, edgeIncarnation, [
      { sequence, record },
    ]);
    if (rejected.length > 0) throw new Error(`an edge's report was refused: ${JSON.stringify(rejected)}`);
  };

  const isColluder = (key: string): boolean => agentOf(key).conduct.kind === 'colludes';

  const world: World = {
    timeline,
    chance,
    desk,
    books,
    tally,
    transfers,
    refusedOfHonest,
    get edgeBytes() {
      return edgeBytes;
    },
    get collusionBoundBytes() {
      return collusionBoundBytes;
    },
    agent: agentOf,
    transferOf: (transferId) => byId.get(transferId),
    reportedParts: ({ order }) => parts.get(order.token) ?? [],
    async tryAgain({ order }) {
      const plan = { pieces: 1, rateBitsPerSecond: 1_000_000, isInvented: false, onEnd: () => undefined };
      await beginTransfer(world, order, plan).catch((error: unknown) => {
        if (!(error instanceof FairhopError)) throw error;
      });
    },
    async connect(agent) {
      const { permit, code } = await desk.connect({
        key: agent.identity.key,
        address: agent.address,
        permitToken: agent.permitToken,
        slots: agent.slots,
        rateBitsPerSecond: agent.upBitsPerSecond,
      });
      agent.permit = permit;
      if (permit === null && !isHonest(agent)) tally.caught(agent, `refused: ${code}`);
      for (const title of titles) if (agent.held.has(title.id)) desk.hold(agent.identity.key, title, 'all');
    },
    async download(agent, title) {
      if (agent.held.has(title.id) && agent.conduct.kind === 'honest') return;
      const key = agent.identity.key;
      const wanted = piecesOf(title.sizeBytes);
      const isPair = agent.conduct.kind === 'colludes';
      // A colluder names honest agents away, as many as it dares.
      const exclude = isPair
        ? chance
            .shuffled([...agents.values()].filter((one) => one.conduct.kind !== 'colludes'))
            .slice(0, 4)
            .map(({ identity }) => identity.key)
        : [];
      agent.held.delete(title.id);
      desk.hold(key, title, 'none');
      if (isPair) {
        const expected = desk.expectedColluders(key, title, { maxPeers: MAX_PEERS, exclude, isColluder });
        collusionBoundBytes += expected * title.sizeBytes;
      }
      const orders = await desk.find(key, title, { maxPeers: MAX_PEERS, exclude });
      const each = Math.ceil(wanted / Math.max(1, orders.length));
      let open = orders.length;
      let missing = wanted;
      const close = (arrived: number): void => {
        missing -= arrived;
        open -= 1;
        if (open === 0) timeline.after(0, finish);
      };
      const finish = async (): Promise<void> => {
        if (!agent.isUp || timeline.nowMs() < agent.offlineUntilMs) return;
        await fromEdge(agent, title, missing);
        agent.held.add(title.id);
        desk.hold(key, title, 'all');
      };
      if (orders.length === 0) await finish();
      for (const [index, order] of orders.entries()) {
        const uploader = agentOf(order.grant.uploader);
        const isInvented = isPair && isColluder(order.grant.uploader);
        const rateBitsPerSecond = Math.min(
          order.grant.rateBitsPerSecond,
          uploader.upBitsPerSecond / (1 + uploader.running.size),
          agent.downBitsPerSecond / orders.length,
        );
        try {
          await beginTransfer(world, order, {
            pieces: isInvented ? wanted : Math.max(0, Math.min(each, wanted - index * each)),
            rateBitsPerSecond,
            isInvented,
            onEnd: (arrived) => close(isInvented ? 0 : arrived),
          });
        } catch (error) {
          if (!(error instanceof FairhopError)) throw error;
          desk.close(order.grant);
          close(0);
        }
      }
    },
    async report(agent) {
      if (!agent.isUp) return;
      agent.downloads.cutDue(timeline.nowMs());
      const unreachedUntilMs = Math.max(agent.offlineUntilMs, agent.cutOffUntilMs);
      if (timeline.nowMs() < unreachedUntilMs) {
        timeline.at(unreachedUntilMs + AWAY_MS, () => world.report(agent));
        return;
      }
      const over = [...agent.unreported];
      agent.unreported.clear();
      const { outbox, conduct } = agent;
      while (outbox.size > 0) {
        const messages = outbox.peek(BATCH_MESSAGES);
        outbox.remove(messages.map(({ sequence }) => sequence));
        if (conduct.kind === 'replays')
          for (const { record } of messages)
            if (record.type === 'peer-transfer')
              parts.set(record.grant, [...(parts.get(record.grant) ?? []), record]);
        const told = conduct.outgoing?.(agent, messages) ?? messages;
        const ordered = agent.sendsInAnyOrder ? chance.shuffled(told) : told;
        if (ordered.length > 0) await send(agent, agent.incarnation, ordered);
        if (agent.sendsTwice && ordered.length > 0) await send(agent, agent.incarnation, ordered);
      }
      for (const transfer of over) {
        transfer.reportedBy.add(agent);
        tally.reported(transfer);
        await sendBesides(agent, (await conduct.besides?.(agent, transfer)) ?? []);
      }
    },
    refused(code, whose, message) {
      if (isHonest(whose)) refusedOfHonest.push(`${code}: ${message}`);
      else tally.caught(whose, `refused: ${code}`);
      return new FairhopError(code, message);
    },
    onBegun: (transfer) => {
      transfers.push(transfer);
      byId.set(transfer.order.grant.transferId, transfer);
    },
    onOver(transfer) {
      const { downloader, uploader } = transfer;
      if (downloader.conduct.isSilent && !transfer.isInvented)
        tally.lied(downloader, transfer, transfer.verifiedBytes);
      if (transfer.isInvented) tally.lied(downloader, transfer, transfer.acknowledgedBytes);
      if (transfer.isInvented) tally.lied(uploader, transfer, 0);
    },
    onBadData(transfer) {
      tally.lied(transfer.uploader, transfer, transfer.sentBytes);
    },
  };
  return world;
}

/** Another address of the same ISP, or of another one. */
export const anotherAddress = (chance: Chance, isp: number): string =>
  addressIn(isp, 20_000 + chance.below(10_000));
