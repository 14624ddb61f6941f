import type { Agreement } from '@fairhop/shared/model';
import type { Clock } from '@fairhop/shared/service';
import { createListeners } from '../listeners.js';
import { monthOf } from '../month.js';
import type { PermissionService, PermitRequest, UplinkUsageStore } from '../session/dependencies.js';
import type { Agreements } from './agreements.js';
import { decidePermit, type PermitVerdict } from './decide-permit.js';
import type { IspNetworks } from './isp-networks.js';
import type { PermitKey, PermitKeys } from './permit-keys.js';
import { createPermitTokens } from './permit-token.js';

export interface PermissionDependencies {
  readonly coordinator: string;
  readonly agreements: Agreements;
  readonly permitKeys: PermitKeys;
  readonly networks: IspNetworks;
  readonly usage: UplinkUsageStore;
  readonly clock: Clock;
}

/** Permission as sessions ask for it, and as ISPs change it. */
export interface Permission extends PermissionService {
  permitFor(request: PermitRequest): Promise<PermitVerdict & { readonly permitUrl?: string }>;
  agreementsOf(isp: string): readonly Agreement[];
  permitKeysOf(isp: string): readonly PermitKey[];
  /** Throws what `IspNetworks.require` and `Agreements.put` throw. */
  putAgreement(agreement: Agreement): Agreement;
  withdrawAgreement(isp: string, id: string): Agreement;
  putPermitKey(key: PermitKey): void;
  removePermitKey(isp: string, keyId: string): void;
}

export function createPermission(dependencies: PermissionDependencies): Permission {
  const { coordinator, agreements, permitKeys, networks, usage, clock } = dependencies;
  const tokens = createPermitTokens((issuer, keyId) => permitKeys.key(issuer, keyId)?.publicKey);
  const changed = createListeners<string>();
  return {
    async permitFor({ agent, address, isp, permitToken, nowMs }) {
      const token = permitToken === undefined ? undefined : await tokens.check(permitToken);
      const month = monthOf(nowMs);
      const verdict = decidePermit({
        agreements: isp === null ? [] : agreements.of(isp),
        token,
        agent,
        address,
        isp,
        coordinator,
        networksOfIsp: (stated) => isp !== null && networks.contain(isp, stated),
        nowMs,
        usage: (permitId) => ({
          agentBytes: usage.bytes(`agent:${permitId}:${agent}`, month),
          totalBytes: usage.bytes(`permit:${permitId}`, month),
        }),
      });
      const permitUrl = isp === null ? undefined : permitKeys.of(isp).find((key) => key.permitUrl)?.permitUrl;
      return permitUrl === undefined ? verdict : { ...verdict, permitUrl };
    },
    onChange: (listener) => changed.add(listener),
    agreementsOf: agreements.of,
    permitKeysOf: permitKeys.of,
    putAgreement(agreement) {
      networks.require(agreement.isp, agreement.networks, 'body.networks');
      agreements.put(agreement);
      changed.tell(agreement.isp);
      return agreement;
    },
    withdrawAgreement(isp, id) {
      const agreement = agreements.withdraw(isp, id, clock.nowMs());
      changed.tell(isp);
      return agreement;
    },
    putPermitKey(key) {
      permitKeys.put(key);
      changed.tell(key.isp);
    },
    removePermitKey(isp, keyId) {
      permitKeys.remove(isp, keyId);
      changed.tell(isp);
    },
  };
}
