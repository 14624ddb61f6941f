import type { AgentMessage, CoordinatorMessage, EdgeSource, PeerSource } from '@fairhop/shared/contract';
import { type AgentKey, type ContentId, FairhopError, type Title } from '@fairhop/shared/model';
import type { GrantDesk, RunningGrant, TokenIssuer } from '../grant/index.js';
import {
  type CostBasis,
  costClass,
  createPathKnowledge,
  createSeededRandom,
  drawSeed,
  type SelectedPeer,
  type SelectionKnowledge,
  selectSources,
} from '../selection/index.js';
import type { Swarm } from '../swarm/index.js';
import type { AgentSession, Sessions } from './agent-session.js';
import type { SessionServerDependencies } from './dependencies.js';
import type { Revocation } from './revocation.js';

type FindSources = Extract<AgentMessage, { type: 'find-sources' }>;

export interface SourceFinder {
  /** Throws `title-unknown`. */
  find(session: AgentSession, request: FindSources): Promise<CoordinatorMessage>;
}

export interface SourceFinderDependencies
  extends Pick<
    SessionServerDependencies,
    | 'clock'
    | 'log'
    | 'issued'
    | 'catalogue'
    | 'edges'
    | 'draws'
    | 'paths'
    | 'alto'
    | 'forbiddenLinks'
    | 'metrics'
  > {
  readonly sessions: Sessions;
  readonly swarm: Swarm;
  readonly desk: GrantDesk;
  readonly issuer: TokenIssuer;
  readonly revocation: Revocation;
}

/** A channel is up well within this; until then its grant is not given anew. */
const CONNECTING_MS = 15_000;
/** Titles whose edge URLs a session remembers, and contents for which peers were named. */
const MAX_REMEMBERED_TITLES = 64;

export function createSourceFinder(deps: SourceFinderDependencies): SourceFinder {
  const { clock, log, catalogue, edges, draws, sessions, swarm, desk, issuer, revocation } = deps;
  let paths = deps.paths();
  let forbiddenLinks = deps.forbiddenLinks();
  let altoMaps = deps.alto.maps();
  let knowledge = createPathKnowledge(paths, forbiddenLinks, altoMaps);
  const currentKnowledge = (): SelectionKnowledge => {
    const isSame =
      deps.paths() === paths && deps.forbiddenLinks() === forbiddenLinks && deps.alto.maps() === altoMaps;
    if (!isSame) {
      paths = deps.paths();
      forbiddenLinks = deps.forbiddenLinks();
      altoMaps = deps.alto.maps();
      knowledge = createPathKnowledge(paths, forbiddenLinks, altoMaps);
    }
    return knowledge;
  };

  const basisOf = (uploader: AgentKey, downloader: AgentKey, cost: number): CostBasis => {
    if (cost === costClass.sameAddress) return 'same-address';
    const source = swarm.agents.get(uploader);
    const destination = swarm.agents.get(downloader);
    return source && destination ? knowledge.basisOf(source, destination) : 'unknown';
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

  const edgeSources = async (session: AgentSession, title: Title): Promise<readonly EdgeSource[]> => {
    const nowMs = clock.nowMs();
    const live = edges.edgesFor(session.place);
    const known = session.edgeSources.get(title.id) ?? [];
    const sources = await Promise.all(
      live.map((edge) => {
        const former = known.find((source) => source.edge === edge.id && isFresh(source, edge.url, nowMs));
        return former ?? issuer.edgeSource({ edge, title, client: session.key, nowMs });
      }),
    );
    session.edgeSources.delete(title.id);
    session.edgeSources.set(title.id, sources);
    if (session.edgeSources.size > MAX_REMEMBERED_TITLES) {
      session.edgeSources.delete(session.edgeSources.keys().next().value ?? title.id);
    }
    return sources;
  };

  const rememberPeers = ({ peerContents }: AgentSession, contentId: ContentId): void => {
    peerContents.delete(contentId);
    peerContents.add(contentId);
    if (peerContents.size > MAX_REMEMBERED_TITLES)
      peerContents.delete(peerContents.values().next().value ?? contentId);
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
      const { peersAllowed, peerCountries } = title.rules;
      const isQuarantined = (): boolean => swarm.agents.get(session.key)?.isQuarantined ?? false;
      const startMs = performance.now();
      const selection = selectSources(
        swarm,
        {
          downloader: session.key,
          contentId: title.contentId,
          category: title.category,
          peersAllowed: peersAllowed && !isQuarantined(),
          peerCountries: peerCountries && new Set(peerCountries),
          maxPeers: request.bytesWanted > 0 ? request.maxPeers : 0,
          exclude: new Set([...request.exclude, ...connecting(session, title)]),
        },
        currentKnowledge(),
        createSeededRandom(drawSeed()),
      );
      const granted = selection.peers.flatMap((peer) => {
        const grant = open(session, title, request.bytesWanted, peer);
        return grant ? [{ peer, grant }] : [];
      });
      deps.metrics.selected(performance.now() - startMs, granted.length);
      if (granted.length > 0) rememberPeers(session, title.contentId);
      if (selection.draw.candidates.length > 0) {
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
        });
      }
      const [peers, edgeList] = await Promise.all([handOut(granted), edgeSources(session, title)]);
      return {
        type: 'sources',
        requestId: request.requestId,
        contentId: title.contentId,
        // One that was revoked meanwhile is not handed out any more.
        peers: peers.filter(({ transferId }) => desk.running.get(transferId)),
        edges: [...edgeList],
        onNetFetchers: isQuarantined() ? [] : [...selection.onNetFetchers],
        swarmSize: swarm.contents.get(title.contentId)?.members.size ?? 0,
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
