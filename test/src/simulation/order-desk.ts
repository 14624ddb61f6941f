import type { QuarantinePlace } from '@fairhop/accounting/testing';
import { createPathKnowledge, createSwarm, type Member, selectSources } from '@fairhop/coordinator';
import {
  createAgreements,
  createBadDataBook,
  createGrantDesk,
  createIspNetworks,
  createIssueLog,
  createPermission,
  createPermitKeys,
  createQuarantineBook,
  createTokenIssuer,
  createUplinkQuota,
  newTransferId,
  openCoordinatorDatabase,
  type RunningGrant,
} from '@fairhop/coordinator/testing';
import type { Identity } from '@fairhop/shared/crypto';
import type { AgentKey, Permit, Title, TransferId } from '@fairhop/shared/model';
import { type AsGraph, createAsPaths } from '@fairhop/shared/net';
import { type Clock, createLog } from '@fairhop/shared/service';
import { networkOfIsp, PERMITTING_ISPS } from './networks.js';
import type { Chance } from './random.js';

export const COORDINATOR = 'coordinator';
/** As many as a quarantine tells. */
const MAX_SUSPICIONS = 32;
const GRANT_LIFETIME_MS = 3_600_000;
const HOUR_MS = 3_600_000;
const YEAR_MS = 366 * 24 * HOUR_MS;

/** An order for one transfer, as its downloader gets it. */
export interface Order {
  readonly grant: RunningGrant;
  readonly token: string;
}

interface SessionFacts {
  readonly key: AgentKey;
  readonly address: string;
  readonly permitToken?: string | undefined;
  readonly slots: number;
  readonly rateBitsPerSecond: number;
}

/** The coordinator's parts that decide, in virtual time and with lots that a seed gives again. */
export interface OrderDesk {
  readonly identity: Identity;
  readonly ispKeys: ReadonlyMap<string, Identity>;
  /** Opens a session; gives the permit in force, or the code why there is none. */
  connect(session: SessionFacts): Promise<{ permit: Permit | null; code: string }>;
  disconnect(key: AgentKey): void;
  hold(key: AgentKey, title: Title, what: 'all' | 'none'): void;
  find(
    downloader: AgentKey,
    title: Title,
    options: { readonly maxPeers: number; readonly exclude?: readonly AgentKey[] },
  ): Promise<Order[]>;
  close(grant: RunningGrant): void;
  reportBadData(grant: RunningGrant, piece: number): void;
  /** The downloader tells of pieces that came. */
  reportDelivery(grant: RunningGrant): void;
  /** The coordinator put it there, for what downloaders reported. */
  isQuarantinedForBadData(agent: AgentKey): boolean;
  /** Where accounting puts suspects. */
  readonly quarantine: QuarantinePlace;
  /** Which of these transfers it never ordered. */
  checkDraws(transferIds: readonly TransferId[]): Promise<readonly TransferId[]>;
  /** At any time. */
  wasQuarantined(agent: AgentKey): boolean;
  /**
   * The most grants that colluders can expect of one request: `maxPeers` times φ (docs/threat-model.md, "What collusion can gain"),
   * with the candidates as they are now.
   */
  expectedColluders(
    downloader: AgentKey,
    title: Title,
    options: { maxPeers: number; exclude: readonly AgentKey[]; isColluder: (key: AgentKey) => boolean },
  ): number;
  stop(): void;
}

export function createOrderDesk(
  graph: AsGraph,
  _titles: readonly Title[],
  { clock, chance }: { readonly clock: Clock; readonly chance: Chance },
): OrderDesk {
  const identity = chance.identity();
  const ispKeys = new Map(PERMITTING_ISPS.map((isp) => [`sp${isp}`, chance.identity()]));
  const database = openCoordinatorDatabase(':memory:');
  const permitKeys = createPermitKeys(database);
  const permission = createPermission({
    coordinator: COORDINATOR,
    agreements: createAgreements(database),
    permitKeys,
    networks: createIspNetworks(() => graph),
    usage: { bytes: () => 0 },
    clock,
  });
  for (const isp of PERMITTING_ISPS) {
    const id = `sp${isp}`;
    permission.putAgreement({
      id: 'uplinks',
      isp: id,
      networks: [networkOfIsp(isp)],
      validFromMs: clock.nowMs() - HOUR_MS,
      validUntilMs: clock.nowMs() + YEAR_MS,
    });
    permission.putPermitKey({ isp: id, keyId: 'key-1', publicKey: ispKeys.get(id)!.key });
  }
  const swarm = createSwarm();
  const knowledge = createPathKnowledge(createAsPaths(graph), new Set());
  const desk = createGrantDesk(swarm, createUplinkQuota({ bytes: () => 0 }), GRANT_LIFETIME_MS, (nowMs) =>
    newTransferId(nowMs, Buffer.from(chance.bytes(16))),
  );
  const issuer = createTokenIssuer(
    { coordinatorId: COORDINATOR, edgeUrlLifetimeMs: HOUR_MS, accessLifetimeMs: HOUR_MS },
    identity,
  );
  const issued = createIssueLog(database, clock, clock.nowMs);
  const quarantine = createQuarantineBook(database, clock);
  const log = createLog({ name: 'simulation', level: 'silent' });
  const badData = createBadDataBook(database, { clock, log, quarantine });
  const everHeld = new Set<AgentKey>();
  quarantine.onChange((key) => {
    everHeld.add(key);
    swarm.update(key, { isQuarantined: quarantine.isHeld(key) });
  });

  return {
    identity,
    ispKeys,
    async connect({ key, address, permitToken, slots, rateBitsPerSecond }) {
      const asn = graph.asOf(address) ?? null;
      const isp = asn === null ? null : (graph.ispOf(asn) ?? null);
      const verdict = await permission.permitFor({
        ...{ agent: key, address, asn, isp, nowMs: clock.nowMs() },
        ...(permitToken !== undefined && { permitToken }),
      });
      swarm.connect({ key, address, place: asn === null ? null : { asn, isp, country: null } });
      swarm.update(key, {
        permit: verdict.permit,
        badReports: badData.reports(key),
        isQuarantined: quarantine.isHeld(key),
        readiness: {
          ...{ ready: slots > 0, reasons: [], slots, rateBitsPerSecond, bytesLeft: Number.MAX_SAFE_INTEGER },
          ...(verdict.permit && { permitId: verdict.permit.id }),
        },
      });
      return { permit: verdict.permit, code: verdict.code };
    },
    disconnect: (key) => swarm.disconnect(key),
    hold: (key, { contentId, sizeBytes }, what) =>
      swarm.hold(key, {
        contentId,
        pieceCount: piecesOf(sizeBytes),
        pieces: what === 'all' ? 'all' : new Uint8Array(Math.ceil(piecesOf(sizeBytes) / 8)),
        wants: what === 'none',
      }),
    async find(downloader, title, { maxPeers, exclude = [] }) {
      const { peers } = selectSources(
        swarm,
        {
          downloader,
          contentId: title.contentId,
          category: title.category,
          peersAllowed: !quarantine.isHeld(downloader),
          maxPeers,
          exclude: new Set(exclude),
        },
        knowledge,
        chance.draw(),
      );
      const orders: Order[] = [];
      for (const { member, onNet } of peers) {
        const grant = desk.open({
          ...{ title, source: member, downloader, onNet, bytesWanted: title.sizeBytes },
          nowMs: clock.nowMs(),
        });
        if (grant !== undefined) orders.push({ grant, token: await issuer.grant(grant) });
      }
      if (orders.length > 0) await issued.add(orders.map(({ grant }) => grant.transferId));
      return orders;
    },
    close: ({ transferId }) => {
      desk.close(transferId);
    },
    reportBadData({ transferId, uploader, downloader: reporter, contentId }, piece) {
      const address = swarm.agents.get(reporter)?.address;
      if (address === undefined) return;
      badData.report({ uploader, reporter, address, transferId, contentId, piece });
      swarm.update(uploader, { badReports: badData.reports(uploader) });
    },
    reportDelivery({ uploader, downloader }) {
      const address = swarm.agents.get(downloader)?.address;
      if (address === undefined) return;
      badData.delivered({ uploader, address });
      badData.flush();
    },
    isQuarantinedForBadData: (agent) =>
      quarantine.of(agent)?.suspicions.some(({ check }) => check === 'bad-data') ?? false,
    quarantine: {
      isEnabled: true,
      waiting: 0,
      put: (agent, { untilMs, suspicions }) => {
        quarantine.put(agent, { by: 'accounting', untilMs, suspicions: suspicions.slice(0, MAX_SUSPICIONS) });
      },
      async current() {
        quarantine.expire();
        return new Map(quarantine.agents().map((agent) => [agent, quarantine.of(agent)!]));
      },
    },
    checkDraws: async (transferIds) => issued.unknown(transferIds),
    wasQuarantined: (agent) => everHeld.has(agent),
    expectedColluders(downloader, { contentId }, { maxPeers, exclude, isColluder }) {
      const self = swarm.agents.get(downloader);
      const content = swarm.contents.get(contentId);
      if (!self?.network || !content || self.isQuarantined) return 0;
      const candidates = [...content.members.values()].filter(
        ({ agent }) =>
          agent !== self &&
          agent.network !== null &&
          agent.mayUpload &&
          agent.slotsUsed < (agent.readiness?.slots ?? 0),
      );
      const costOf = ({ agent }: Member): number | undefined =>
        agent.address === self.address ? 0 : knowledge.costOf(agent.network!, self.network!);
      const holders = candidates.filter(({ pieces }) => pieces.size > 0);
      const onNet = holders.filter(({ agent }) => agent.network!.isp === self.network!.isp);
      // Two are drawn for each place; where too few hold pieces, there is one more, who is still fetching.
      const [among, choices] = onNet.length >= maxPeers + exclude.length ? [holders, 2] : [candidates, 3];
      const shares = [...new Set(among.map(costOf))].map((cost) => {
        const members = among.filter((member) => costOf(member) === cost);
        const colluding = members.filter(({ agent }) => isColluder(agent.key)).length;
        const excluded = members.filter(({ agent }) => exclude.includes(agent.key)).length;
        return Math.min(1, (choices * colluding) / Math.max(1, members.length - excluded));
      });
      return maxPeers * Math.max(0, ...shares);
    },
    stop: () => {
      issued.stop();
      database.close();
    },
  };
}

export const PIECE_BYTES = 1024 * 1024;
export const piecesOf = (sizeBytes: number): number => Math.ceil(sizeBytes / PIECE_BYTES);
