import type { CoordinatorMessage } from '@fairhop/shared/contract';
import type { AgentKey, TransferId } from '@fairhop/shared/model';
import type { GrantDesk, RunningGrant } from '../grant/index.js';
import type { SignalRelay } from '../signalling/index.js';

/** Ends and lowers running grants, and tells both ends. */
export interface Revocation {
  revoke(grant: RunningGrant, reason: string): void;
  revokeAll(grants: Iterable<RunningGrant>, reason: string): void;
  lower(grant: RunningGrant, rateBitsPerSecond: number): void;
  /** Ends without telling anyone: both know. */
  close(transferId: TransferId): void;
}

export function createRevocation(
  desk: GrantDesk,
  relay: SignalRelay,
  send: (to: AgentKey, message: CoordinatorMessage) => void,
): Revocation {
  const close = (transferId: TransferId): void => {
    desk.close(transferId);
    relay.forget(transferId);
  };
  const tellBoth = ({ uploader, downloader }: RunningGrant, message: CoordinatorMessage): void => {
    send(uploader, message);
    send(downloader, message);
  };
  const revoke = (grant: RunningGrant, reason: string): void => {
    close(grant.transferId);
    tellBoth(grant, { type: 'revoke', transferId: grant.transferId, reason });
  };
  return {
    close,
    revoke,
    revokeAll(grants, reason) {
      for (const grant of grants) revoke(grant, reason);
    },
    lower(grant, rateBitsPerSecond) {
      if (!desk.lower(grant.transferId, rateBitsPerSecond)) return;
      tellBoth(grant, { type: 'lower', transferId: grant.transferId, rateBitsPerSecond });
    },
  };
}
