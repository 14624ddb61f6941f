import type {
  AgentMessage,
  CoordinatorMessage,
  EdgeInfo,
  EdgeSource,
  PeerSource,
} from '@fairhop/shared/contract';
import { type AgentKey, FairhopError, type Title } from '@fairhop/shared/model';
import type { GrantDesk, RunningGrant, TokenIssuer } from '../grant/index.js';
import type { PolicyView } from '../policy/index.js';
import {
  type CostBasis,
  costClass,
  createSeededRandom,
  drawSeed,
  type SelectedPeer,
  type SelectionRequest,
  selectSources,
} from '../selection/index.js';
import type { Swarm } from '../swarm/index.js';
import type { AgentSession, Sessions } from './agent-session.js';
import type { SessionServerDependencies } from './dependencies.js';
import { createKnowledgeCache } from './knowledge-cache.js';
import { openWays } from './open-ways.js';
import type { PeerContents } from './peer-contents.js';
import { type PolicyWatch, wayEndOf } from './policy-watch.js';
import type { Revocation } from './revocation.js';

type FindSources = Extract<AgentMessage, { type: 'find-sources' }>;

export interface SourceFinder {
  /** Throws `title-unknown`, and as `BudgetActions.admitAgent`. */
  find(session: AgentSession, request: FindSources): Promise<CoordinatorMessage>;
}

export interface SourceFinderDependencies
  extends Pick<
    SessionServerDependencies,
    | 'clock'
    | 'log'
    | 'issued'
    | 'budgets'
    | 'catalogue'
    | 'edges'
    | 'draws'
    | 'paths'
    | 'alto'
    | 'policies'
    | 'metrics'
  > {
  readonly sessions: Sessions;
  readonly swarm: Swarm;
  readonly desk: GrantDesk;
  readonly issuer: TokenIssuer;
  readonly revocation: Revocation;
  readonly peerContents: PeerContents;
  readonly policyWatch: Pick<PolicyWatch, 'admit'>;
}

/** A channel is up well within this; until then its grant is not given anew. */
const CONNECTING_MS = 15_000;
/** Titles whose edge URLs a session remembers. */
const MAX_REMEMBERED_TITLES = 64;
/** Where there is no way around a full component: a peer brings no more than the edge would, and one may fail. */
const MAX_LIMITED_PEERS = 2;
const NOTHING_CLOSED: ReadonlySet<string> = new Set();

export function createSourceFinder(deps: SourceFinderDependencies): SourceFinder {
  const { clock, log, catalogue, edges, draws, sessions, swarm, desk, issuer, revocation } = deps;
  const knowledgeOf = createKnowledgeCache(deps);

  const basisOf = (uploader: AgentKey, downloader: AgentKey, cost: number): CostBasis => {
    if (cost === costClass.sameAddress) return 'same-address';
    const source = swarm.agents.get(uploader);
    const destination = swarm.agents.get(downloader);
    return source && destination ? knowledgeOf(NOTHING_CLOSED).basisOf(source, destination) : 'unknown';
  };

  /** Sources that this session is still connecting to, though it may not name them as connected. */
  const connecting = ({ key, startMs }: AgentSession, title: Title): string[] =>
    desk.running
      .ofDownloader(key)
      .filter((grant) => grant.contentId === title.contentId)
      .filter(({ issuedMs, uploader }) => {
        const since = Math.max(startMs, sessions.get(uploader)?.startMs ?? 0, clock.nowMs() - CONNECTING_MS);
        return issuedMs > since;
      })
      .map(({ uploader }) => uploader);

  const open = (
    session: AgentSession,
    title: Title,
    bytesWanted: number,
    { member, onNet }: SelectedPeer,
  ) => {
    const uploader = member.agent.key;
    const former = desk.running.between(uploader, session.key, title.contentId);
    if (former) revocation.revoke(former, 'replaced', 'another grant takes its place');
    return desk.open({
      title,
      source: member,
      downloader: session.key,
      onNet,
      bytesWanted,
      monthlyBytesTotal: sessions.get(uploader)?.decision.monthlyBytesTotal,
      nowMs: clock.nowMs(),
    });
  };

  const edgeSources = async (
    session: AgentSession,
    title: Title,
    live: readonly EdgeInfo[],
    view: PolicyView,
  ): Promise<readonly EdgeSource[]> => {
    const nowMs = clock.nowMs();
    const known = session.edgeSources.get(title.id) ?? [];
    const sources = await Promise.all(
      live.map((edge) => {
        const former = known.find((source) => source.edge === edge.id && isFresh(source, edge.url, nowMs));
        const limits = view.edgeLimits(edge);
        return former ?? issuer.edgeSource({ edge, title, client: session.key, limits, nowMs });
      }),
    );
    session.edgeSources.delete(title.id);
    session.edgeSources.set(title.id, sources);
    if (session.edgeSources.size > MAX_REMEMBERED_TITLES) {
      session.edgeSources.delete(session.edgeSources.keys().next().value ?? title.id);
    }
    return sources;
  };

  /** On disk and signed; where they cannot be written down, there are edges alone. */
  const handOut = async (granted: readonly Granted[]): Promise<PeerSource[]> => {
    if (granted.length === 0) return [];
    const transferIds = granted.map(({ grant }) => grant.transferId);
    try {
      const signed = Promise.all(granted.map(({ peer, grant }) => peerSource(peer, grant, issuer)));
      const [sources] = await Promise.all([signed, deps.issued.add(transferIds)]);
      return sources;
    } catch (error) {
      log.error({ err: error }, 'grants could not be written down; they are not given');
      for (const transferId of transferIds) revocation.close(transferId);
      return [];
    }
  };

  return {
    async find(session, request) {
      const title = catalogue.title(request.title);
      if (!title) {
        throw new FairhopError('title-unknown', `There is no published title "${request.title}"`);
      }
      const { peerCountries } = title.rules;
      const { key: agent, place, connection } = session;
      const client = { agent, isp: place?.isp ?? null, address: connection.address };
      const peersAllowed = deps.budgets.admitAgent(title, client) && title.rules.peersAllowed;
      const isQuarantined = (): boolean => swarm.agents.get(session.key)?.isQuarantined ?? false;
      const startMs = performance.now();
      const view = deps.policies.viewOf(wayEndOf(session), title);
      const ways = openWays(view, swarm);
      const offered = edges.edgesFor(session.place, ways.isClosedFrom);
      const wanted = {
        downloader: session.key,
        contentId: title.contentId,
        category: title.category,
        peersAllowed: peersAllowed && !isQuarantined(),
        peerCountries: peerCountries && new Set(peerCountries),
        maxPeers: request.bytesWanted > 0 ? Math.min(request.maxPeers, desk.roomFor(agent)) : 0,
        exclude: new Set([...request.exclude, ...connecting(session, title)]),
      };
      const choose = (limits: Partial<SelectionRequest>, closed: ReadonlySet<string>) =>
        selectSources(swarm, { ...wanted, ...limits }, knowledgeOf(closed), createSeededRandom(drawSeed()));
      let selection = choose({ isLeftOut: ways.isLeftOut }, ways.closed);
      if (ways.isAnyClosed && selection.peers.length === 0 && offered.every(ways.isClosedFrom))
        selection = choose({ maxPeers: Math.min(MAX_LIMITED_PEERS, wanted.maxPeers) }, NOTHING_CLOSED);
      const granted = selection.peers.flatMap((peer) => {
        const grant = open(session, title, request.bytesWanted, peer);
        if (grant) deps.policyWatch.admit(grant);
        return grant ? [{ peer, grant }] : [];
      });
      const limitedBy = ways.limitedBy(
        offered,
        granted.map(({ peer }) => peer.member.agent),
      );
      const isAsked = wanted.peersAllowed && wanted.maxPeers > 0 && place !== null;
      const policies = ways.told(isAsked ? wanted : undefined, limitedBy);
      deps.metrics.selected(performance.now() - startMs, granted.length);
      if (granted.length > 0) deps.peerContents.remember(agent, title.contentId);
      if (selection.draw.candidates.length > 0 || policies.length > 0) {
        const grantees = new Set(granted.map(({ grant }) => grant.uploader));
        draws.append({
          timeMs: clock.nowMs(),
          downloader: session.key,
          contentId: title.contentId,
          candidates: selection.draw.candidates.map(({ agent, costClass: cost }) => ({
            agent,
            costClass: cost,
            costBasis: basisOf(agent, session.key, cost),
            granted: grantees.has(agent),
          })),
          seed: selection.draw.seed,
          ...(policies.length > 0 && { policies }),
        });
      }
      const [peers, edgeList] = await Promise.all([
        handOut(granted),
        edgeSources(session, title, offered, view),
      ]);
      return {
        type: 'sources',
        requestId: request.requestId,
        contentId: title.contentId,
        // One that was revoked meanwhile is not handed out any more.
        peers: peers.filter(({ transferId }) => desk.running.get(transferId)),
        edges: [...edgeList],
        onNetFetchers: isQuarantined() ? [] : [...selection.onNetFetchers],
        swarmSize: swarm.contents.get(title.contentId)?.members.size ?? 0,
        ...(limitedBy.length > 0 && { limitedBy }),
      };
    },
  };
}

interface Granted {
  readonly peer: SelectedPeer;
  readonly grant: RunningGrant;
}

async function peerSource(peer: SelectedPeer, grant: RunningGrant, issuer: TokenIssuer): Promise<PeerSource> {
  const { transferId, uploader, rateBitsPerSecond, maxBytes, expiresMs, permit } = grant;
  return {
    agent: uploader,
    transferId,
    grant: await issuer.grant(grant),
    // Who may upload has a network.
    asn: peer.member.agent.network!.asn,
    isp: permit.isp,
    onNet: peer.onNet,
    costClass: peer.costClass,
    rateBitsPerSecond,
    maxBytes,
    expiresMs,
  };
}

/** Good for some time yet, and of the edge as it is reached now. */
function isFresh({ url, expiresMs }: EdgeSource, edgeUrl: string, nowMs: number): boolean {
  return expiresMs - nowMs > FRESH_MS && new URL(url).origin === new URL(edgeUrl).origin;
}

/** Enough to finish most downloads without another URL. */
const FRESH_MS = 20 * 60_000;
