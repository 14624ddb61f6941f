import type { AgentKey, Title, TransferId } from '@fairhop/shared/model';
import type { Member, Swarm } from '../swarm/index.js';
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
  /** Undefined when nothing of use is left of the permit's volume, the user's, or the rate. */
  open(order: GrantOrder): RunningGrant | undefined;
  close(transferId: TransferId): RunningGrant | undefined;
  /** One end says how many bytes came so far; what exceeds the grant does not count. Gives how many were new. */
  report(transferId: TransferId, bytes: number, nowMs: number): number;
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
  reportedBytes: number;
}

/** Ended grants that wait for the store: past it one that is written as running is found ended after a restart. */
const MAX_ENDED_UNWRITTEN = 100_000;

/** Less is not worth a connection, unless it is all that is wanted. */
const MIN_GRANT_BYTES = 1024 * 1024;

export function createGrantDesk(swarm: Swarm, quota: UplinkQuota, grantLifetimeMs: number): GrantDesk {
  const running = createGrantRegistry<GrantState>();
  /** Bounded by the grants that open between two writes. */
  const changed = new Set<GrantState>();
  const ended = new Set<TransferId>();
  const updateSlots = (uploader: AgentKey): void => swarm.update(uploader, slotsOf(running, uploader));

  return {
    running,
    slotsOf: (uploader) => slotsOf(running, uploader),
    open({ title, source: { agent }, downloader, onNet, bytesWanted, monthlyBytesTotal, nowMs }) {
      const { permit, readiness } = agent;
      if (!permit || !readiness || !agent.mayUpload) return undefined;
      const { terms } = permit;
      const receiver = swarm.agents.get(downloader);
      const subject: QuotaSubject = {
        permitId: permit.id,
        agent: agent.key,
        monthlyBytesPerSubscriber: terms.monthlyBytesPerSubscriber,
        monthlyBytesTotal,
      };
      const usefulBytes = Math.min(bytesWanted, title.sizeBytes);
      const maxBytes = Math.min(usefulBytes, readiness.bytesLeft, quota.leftBytes(subject, nowMs));
      if (maxBytes <= 0 || maxBytes < Math.min(usefulBytes, MIN_GRANT_BYTES)) return undefined;
      const grant: GrantState = {
        transferId: newTransferId(nowMs),
        contentId: title.contentId,
        titleId: title.id,
        category: title.category,
        sizeBytes: title.sizeBytes,
        uploader: agent.key,
        downloader,
        onNet,
        maxBytes,
        rateBitsPerSecond: Math.min(
          readiness.rateBitsPerSecond,
          terms.maxRateBitsPerSecond ?? Number.MAX_SAFE_INTEGER,
        ),
        permit: { id: permit.id, isp: permit.isp, networks: terms.networks },
        ...(receiver && { downloaderAsn: receiver.network?.asn ?? null }),
        uploaderAsn: agent.network?.asn ?? null,
        issuedMs: nowMs,
        // Tokens count in seconds (RFC 7519).
        expiresMs: Math.floor((nowMs + grantLifetimeMs) / 1000) * 1000,
        reportedBytes: 0,
        subject,
      };
      running.add(grant);
      changed.add(grant);
      quota.reserve(subject, maxBytes);
      updateSlots(agent.key);
      return grant;
    },
    close(transferId) {
      const grant = running.remove(transferId);
      if (!grant) return undefined;
      changed.delete(grant);
      if (ended.size < MAX_ENDED_UNWRITTEN) ended.add(transferId);
      quota.release(grant.subject, grant.maxBytes - grant.reportedBytes);
      updateSlots(grant.uploader);
      return grant;
    },
    report(transferId, bytes, nowMs) {
      const grant = running.get(transferId);
      if (!grant) return 0;
      const newBytes = Math.min(bytes, grant.maxBytes) - grant.reportedBytes;
      if (newBytes <= 0) return 0;
      grant.reportedBytes += newBytes;
      changed.add(grant);
      quota.use(grant.subject, newBytes, nowMs);
      return newBytes;
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
        const grant: GrantState = { ...record };
        // Whoever was told a share keeps to it until it is told another one.
        delete grant.shareBitsPerSecond;
        running.add(grant);
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

function slotsOf(running: GrantRegistry<RunningGrant>, uploader: AgentKey) {
  const uploads = running.ofUploader(uploader);
  return { slotsUsed: uploads.length, offNetSlotsUsed: uploads.filter(({ onNet }) => !onNet).length };
}
