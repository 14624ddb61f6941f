import { type AgentKey, createBoundedCache, type Title, type TransferId } from '@fairhop/shared/model';
import { clientPlace } from '@fairhop/shared/net';
import type { Member, Swarm } from '../swarm/index.js';
import { createDownloaderLimits } from './downloader-limits.js';
import { createGrantRegistry, type GrantRegistry } from './grant-registry.js';
import type { GrantRecord, QuotaSubject, RunningGrant } from './running-grant.js';
import { newTransferId } from './transfer-id.js';
import type { UplinkQuota } from './uplink-quota.js';

interface GrantOrder {
  readonly title: Title;
  readonly source: Member;
  readonly downloader: AgentKey;
  readonly onNet: boolean;
  readonly bytesWanted: number;
  /** Limit of all subscribers under the source's permit together. */
  readonly monthlyBytesTotal?: number | undefined;
  readonly nowMs: number;
}

/** Opens and closes grants, and keeps slots and quotas in step with them. */
export interface GrantDesk {
  readonly running: Pick<
    GrantRegistry<RunningGrant>,
    'size' | 'get' | 'ofUploader' | 'ofDownloader' | 'between' | 'matching' | 'expired'
  >;
  /** Slots that an agent's running uploads take. */
  slotsOf(uploader: AgentKey): { slotsUsed: number; offNetSlotsUsed: number };
  /** How many more grants a downloader may have now. */
  roomFor(downloader: AgentKey): number;
  /** Undefined when the downloader has no room, or nothing of use is left of the permit's volume, the user's, or the rate. */
  open(order: GrantOrder): RunningGrant | undefined;
  close(transferId: TransferId): RunningGrant | undefined;
  /** A grant that runs, or one of the latest that were answered and ended. */
  lately(transferId: TransferId): RunningGrant | undefined;
  /** Its uploader takes part in making the channel. */
  answered(transferId: TransferId, nowMs: number): void;
  /** Those that were given before this time and are not answered yet. */
  unanswered(beforeMs: number): readonly RunningGrant[];
  /** The uploader says how many bytes it sent so far; what exceeds the grant does not count. Gives how many were new. */
  report(transferId: TransferId, bytes: number, nowMs: number): number;
  /**
   * The downloader says so while the uploader has no session. Its word alone uses up the volume of somebody else, so that no more
   * counts than the grant's rate can have brought since the uploader was heard.
   */
  reportInPlace(transferId: TransferId, bytes: number, nowMs: number): number;
  /** False when the rate was not above it. */
  lower(transferId: TransferId, rateBitsPerSecond: number): boolean;
  /** What policies leave of a grant's rate from now on; undefined: all of it. Not kept over a restart. */
  share(transferId: TransferId, rateBitsPerSecond: number | undefined): void;
  /** Takes up what a former process granted, the first to expire first. */
  restore(grants: readonly GrantRecord[]): void;
  /** What opened, changed and ended since `written`. */
  unwritten(): { readonly running: readonly GrantRecord[]; readonly ended: readonly TransferId[] };
  /** The store has it. */
  written(): void;
}

interface GrantState extends GrantRecord {
  rateBitsPerSecond: number;
  shareBitsPerSecond?: number;
  answeredMs?: number;
  reportedBytes: number;
  heard?: { readonly bytes: number; readonly timeMs: number };
}

/** Ended grants that wait for the store: past it one that is written as running is found ended after a restart. */
const MAX_ENDED_UNWRITTEN = 100_000;

/** Their downloaders may still find out what was wrong with them; 1 KiB each. */
const MAX_ENDED_KNOWN = 10_000;

/** Less is not worth a connection, unless it is all that is wanted. */
const MIN_GRANT_BYTES = 1024 * 1024;

export function createGrantDesk(
  swarm: Swarm,
  quota: UplinkQuota,
  grantLifetimeMs: number,
  newId: (nowMs: number) => TransferId = newTransferId,
): GrantDesk {
  const running = createGrantRegistry<GrantState>();
  /** Bounded by the grants that open between two writes. */
  const changed = new Set<GrantState>();
  const ended = new Set<TransferId>();
  /** In the order in which they were given. */
  const unanswered = new Set<GrantState>();
  const lately = createBoundedCache<TransferId, RunningGrant>(MAX_ENDED_KNOWN);
  const limits = createDownloaderLimits();
  const placeOf = (downloader: AgentKey): string | undefined => {
    const receiver = swarm.agents.get(downloader);
    return receiver && clientPlace(receiver.address);
  };
  const answer = (grant: GrantState, nowMs: number): void => {
    if (!unanswered.delete(grant)) return;
    grant.answeredMs = nowMs;
    grant.heard = { bytes: 0, timeMs: nowMs };
    limits.answered(grant);
    changed.add(grant);
  };
  const count = (grant: GrantState, bytes: number, nowMs: number): number => {
    const newBytes = Math.min(bytes, grant.maxBytes) - grant.reportedBytes;
    if (newBytes <= 0) return 0;
    grant.reportedBytes += newBytes;
    changed.add(grant);
    quota.use(grant.subject, newBytes, nowMs);
    return newBytes;
  };
  const updateSlots = (uploader: AgentKey): void => swarm.update(uploader, slotsOf(running, uploader));

  return {
    running,
    slotsOf: (uploader) => slotsOf(running, uploader),
    roomFor: (downloader) => limits.room({ downloader, downloaderPlace: placeOf(downloader) }),
    open({ title, source: { agent }, downloader, onNet, bytesWanted, monthlyBytesTotal, nowMs }) {
      const { permit, readiness } = agent;
      if (!permit || !readiness || !agent.mayUpload) return undefined;
      const { terms } = permit;
      const receiver = swarm.agents.get(downloader);
      const downloaderPlace = placeOf(downloader);
      if (limits.room({ downloader, downloaderPlace }) === 0) return undefined;
      const subject: QuotaSubject = {
        permitId: permit.id,
        agent: agent.key,
        monthlyBytesPerSubscriber: terms.monthlyBytesPerSubscriber,
        monthlyBytesTotal,
      };
      const usefulBytes = Math.min(bytesWanted, title.sizeBytes);
      const leftBytes = Math.min(usefulBytes, readiness.bytesLeft, quota.leftBytes(subject, nowMs));
      if (leftBytes < Math.min(usefulBytes, MIN_GRANT_BYTES)) return undefined;
      const rateBitsPerSecond = Math.min(
        readiness.rateBitsPerSecond,
        terms.maxRateBitsPerSecond ?? Number.MAX_SAFE_INTEGER,
      );
      // More cannot come before it expires, and would only be kept from others.
      const maxBytes = Math.min(leftBytes, bytesWithin(grantLifetimeMs, rateBitsPerSecond));
      if (maxBytes <= 0) return undefined;
      const grant: GrantState = {
        transferId: newId(nowMs),
        contentId: title.contentId,
        titleId: title.id,
        category: title.category,
        sizeBytes: title.sizeBytes,
        uploader: agent.key,
        downloader,
        onNet,
        maxBytes,
        rateBitsPerSecond,
        permit: { id: permit.id, isp: permit.isp, networks: terms.networks },
        ...(receiver && { downloaderAsn: receiver.network?.asn ?? null }),
        uploaderAsn: agent.network?.asn ?? null,
        issuedMs: nowMs,
        // Tokens count in seconds (RFC 7519).
        expiresMs: Math.floor((nowMs + grantLifetimeMs) / 1000) * 1000,
        reportedBytes: 0,
        subject,
        ...(downloaderPlace !== undefined && { downloaderPlace }),
      };
      running.add(grant);
      changed.add(grant);
      unanswered.add(grant);
      limits.opened(grant);
      quota.reserve(subject, maxBytes);
      updateSlots(agent.key);
      return grant;
    },
    close(transferId) {
      const grant = running.remove(transferId);
      if (!grant) return undefined;
      changed.delete(grant);
      unanswered.delete(grant);
      limits.closed(grant);
      if (grant.answeredMs !== undefined) lately.set(transferId, grant);
      if (ended.size < MAX_ENDED_UNWRITTEN) ended.add(transferId);
      quota.release(grant.subject, grant.maxBytes - grant.reportedBytes);
      updateSlots(grant.uploader);
      return grant;
    },
    lately: (transferId) => running.get(transferId) ?? lately.get(transferId),
    answered(transferId, nowMs) {
      const grant = running.get(transferId);
      if (grant) answer(grant, nowMs);
    },
    unanswered(beforeMs) {
      const waiting: GrantState[] = [];
      for (const grant of unanswered) {
        if (grant.issuedMs >= beforeMs) break;
        waiting.push(grant);
      }
      return waiting;
    },
    report(transferId, bytes, nowMs) {
      const grant = running.get(transferId);
      if (!grant) return 0;
      answer(grant, nowMs);
      const newBytes = count(grant, bytes, nowMs);
      grant.heard = { bytes: grant.reportedBytes, timeMs: nowMs };
      return newBytes;
    },
    reportInPlace(transferId, bytes, nowMs) {
      const grant = running.get(transferId);
      if (!grant?.heard) return 0;
      const possible = grant.heard.bytes + bytesWithin(nowMs - grant.heard.timeMs, grant.rateBitsPerSecond);
      return count(grant, Math.min(bytes, possible), nowMs);
    },
    lower(transferId, rateBitsPerSecond) {
      const grant = running.get(transferId);
      if (!grant || grant.rateBitsPerSecond <= rateBitsPerSecond) return false;
      grant.rateBitsPerSecond = rateBitsPerSecond;
      changed.add(grant);
      return true;
    },
    share(transferId, rateBitsPerSecond) {
      const grant = running.get(transferId);
      if (!grant) return;
      if (rateBitsPerSecond === undefined) delete grant.shareBitsPerSecond;
      else grant.shareBitsPerSecond = rateBitsPerSecond;
    },
    restore(grants) {
      for (const record of grants) {
        // What was signalled within the last second before a crash is not on disk.
        const grant: GrantState = {
          ...record,
          answeredMs: record.answeredMs ?? record.issuedMs,
          heard: record.heard ?? { bytes: record.reportedBytes, timeMs: record.issuedMs },
        };
        // Whoever was told a share keeps to it until it is told another one.
        delete grant.shareBitsPerSecond;
        running.add(grant);
        limits.opened(grant);
        quota.reserve(grant.subject, grant.maxBytes - grant.reportedBytes);
        updateSlots(grant.uploader);
      }
    },
    unwritten: () => ({ running: [...changed], ended: [...ended] }),
    written() {
      changed.clear();
      ended.clear();
    },
  };
}

/** At a rate, rounded up: a grant of one byte is one. */
const bytesWithin = (durationMs: number, rateBitsPerSecond: number): number =>
  Math.min(Number.MAX_SAFE_INTEGER, Math.ceil((durationMs / 8_000) * rateBitsPerSecond));

function slotsOf(running: GrantRegistry<RunningGrant>, uploader: AgentKey) {
  const uploads = running.ofUploader(uploader);
  return { slotsUsed: uploads.length, offNetSlotsUsed: uploads.filter(({ onNet }) => !onNet).length };
}
