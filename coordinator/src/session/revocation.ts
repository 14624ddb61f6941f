import type { CoordinatorMessage } from '@fairhop/shared/contract';
import type { AgentKey, TransferId } from '@fairhop/shared/model';
import type { GrantDesk, RunningGrant } from '../grant/index.js';
import type { SignalRelay } from '../signalling/index.js';
import type { RevocationCause } from './metrics.js';

/** Ends and lowers running grants, and tells both ends. */
export interface Revocation {
  /** `reason` is for people, `cause` for counting. */
  revoke(grant: RunningGrant, cause: RevocationCause, reason: string): void;
  revokeAll(grants: Iterable<RunningGrant>, cause: RevocationCause, reason: string): void;
  lower(grant: RunningGrant, rateBitsPerSecond: number): void;
  /** Policies leave so much of its rate from now on; undefined: all of it. */
  share(grant: RunningGrant, rateBitsPerSecond: number | undefined): void;
  /** Ends without telling anyone: both know. */
  close(transferId: TransferId): void;
}

export function createRevocation(
  desk: GrantDesk,
  relay: SignalRelay,
  send: (to: AgentKey, message: CoordinatorMessage) => void,
  onRevoked: (grant: RunningGrant, cause: RevocationCause) => void,
): Revocation {
  const close = (transferId: TransferId): void => {
    desk.close(transferId);
    relay.forget(transferId);
  };
  const tellBoth = ({ uploader, downloader }: RunningGrant, message: CoordinatorMessage): void => {
    send(uploader, message);
    send(downloader, message);
  };
  const revoke: Revocation['revoke'] = (grant, cause, reason) => {
    close(grant.transferId);
    onRevoked(grant, cause);
    tellBoth(grant, { type: 'revoke', transferId: grant.transferId, reason });
  };
  const tellRate = (grant: RunningGrant): void => {
    const { transferId, rateBitsPerSecond, shareBitsPerSecond = rateBitsPerSecond } = grant;
    const rate = Math.max(1, Math.min(rateBitsPerSecond, shareBitsPerSecond));
    tellBoth(grant, { type: 'lower', transferId, rateBitsPerSecond: rate });
  };
  return {
    close,
    revoke,
    revokeAll(grants, cause, reason) {
      for (const grant of grants) revoke(grant, cause, reason);
    },
    lower(grant, rateBitsPerSecond) {
      if (desk.lower(grant.transferId, rateBitsPerSecond)) tellRate(grant);
    },
    share(grant, rateBitsPerSecond) {
      desk.share(grant.transferId, rateBitsPerSecond);
      tellRate(grant);
    },
  };
}
