import { type EdgeLimit, type EdgeTransfer, MAX_EDGE_TRANSFERS } from '@fairhop/shared/contract';
import { createBoundedCache, type EdgeUrlClaims, type TransferId } from '@fairhop/shared/model';
import type { LimitedFlow } from '../seed/send-body.js';
import { createShaper, type Flow, type Shaper, type ShaperDependencies } from '../seed/shaper.js';

/** What policies let this edge send: by a rate for each policy, which its transfers share. */
export interface TransferLimits {
  /** A response of a transfer begins: its bytes wait for their turn. */
  openFlow(claims: EdgeUrlClaims, clientAddress: string): LimitedFlow;
  /** Bytes of a transfer went out. */
  count(transferId: TransferId, bytes: number): void;
  /**
   * What the coordinator is told: transfers of the last seconds, those that are to be judged first, then the busiest. While no policy is
   * in force those alone that are to be judged.
   */
  transfers(
    judgedMs?: (transfer: Pick<EdgeTransfer, 'transferId' | 'title'>) => number | undefined,
  ): EdgeTransfer[];
  /**
   * The coordinator answered after `told` were told; undefined: no policy is in force. What it said replaces what it said before and
   * what tokens say; for a transfer that it was not told of yet, its token counts.
   */
  apply(limits: readonly EdgeLimit[] | undefined, told: readonly EdgeTransfer[]): void;
}

export interface TransferLimitsDependencies extends ShaperDependencies {
  /** Cap of the whole edge. */
  readonly cap: Shaper | undefined;
  /** A transfer began of which the coordinator does not know while policies are in force. */
  onNews(): void;
}

/** Between two pieces an agent pauses for as long at most; later it is told of again. */
const ACTIVE_MS = 10_000;
/** Transfers of the last seconds, each some 200 bytes; who is forgotten is told of anew. */
const MAX_TRANSFERS = 10_000;
/** Without a limit a disk's chunk goes at once. */
const UNLIMITED_SLICE_BYTES = 256 * 1024;
/** Above what any edge has: whoever waits gets its turn. */
const NO_LIMIT_BITS_PER_SECOND = 1e13;

interface Transfer {
  readonly about: Omit<EdgeTransfer, 'bytes'>;
  bytes: number;
  recentBytes: number;
  activeMs: number;
  policies: readonly string[];
  /** The coordinator said under which policies it is. */
  isJudged: boolean;
}

export function createTransferLimits(dependencies: TransferLimitsDependencies): TransferLimits {
  const { nowMs, cap, onNews } = dependencies;
  const transfers = createBoundedCache<TransferId, Transfer>(MAX_TRANSFERS);
  /** Those of the last seconds. */
  const active = new Map<TransferId, Transfer>();
  const shapers = new Map<string, Shaper>();
  let isInForce = false;

  const setRate = (policy: string, rateBitsPerSecond: number): void => {
    const shaper = shapers.get(policy);
    if (shaper) shaper.setRate(rateBitsPerSecond);
    else shapers.set(policy, createShaper(rateBitsPerSecond, dependencies));
  };
  /** Whoever waits there goes on. */
  const drop = (policy: string): void => {
    shapers.get(policy)?.setRate(NO_LIMIT_BITS_PER_SECOND);
    shapers.delete(policy);
  };

  const transferOf = (
    { jti: transferId, title, client, limits = [] }: EdgeUrlClaims,
    clientAddress: string,
  ): Transfer => {
    const known = transfers.get(transferId);
    if (known) return known;
    const about = { transferId, clientAddress, title, ...(client !== undefined && { client }) };
    const transfer: Transfer = {
      ...{ about, bytes: 0, recentBytes: 0, activeMs: nowMs(), isJudged: false },
      policies: limits.map(({ policy }) => policy),
    };
    transfers.set(transferId, transfer);
    // What the coordinator told last is newer than the token.
    for (const { policy, rateBitsPerSecond } of limits)
      if (!shapers.has(policy)) setRate(policy, rateBitsPerSecond);
    return transfer;
  };

  return {
    openFlow(claims, clientAddress) {
      const transfer = transferOf(claims, clientAddress);
      transfer.activeMs = nowMs();
      active.set(claims.jti, transfer);
      if (isInForce && !transfer.isJudged) onNews();
      const flows = new Map<Shaper, Flow>();
      const flowIn = (shaper: Shaper): Flow => {
        const flow = flows.get(shaper) ?? shaper.openFlow();
        flows.set(shaper, flow);
        return flow;
      };
      const inUse = (): Shaper[] => {
        const mine = transfer.policies.flatMap((policy) => shapers.get(policy) ?? []);
        return cap === undefined ? mine : [...mine, cap];
      };
      return {
        get sliceBytes() {
          return Math.min(UNLIMITED_SLICE_BYTES, ...inUse().map(({ sliceBytes }) => sliceBytes));
        },
        async take(bytes, signal) {
          for (const shaper of inUse()) await flowIn(shaper).take(bytes, signal);
        },
      };
    },
    count(transferId, bytes) {
      const transfer = transfers.get(transferId);
      if (!transfer) return;
      transfer.bytes += bytes;
      transfer.recentBytes += bytes;
      transfer.activeMs = nowMs();
      active.set(transferId, transfer);
    },
    transfers(judgedMs = () => undefined) {
      const oldestMs = nowMs() - ACTIVE_MS;
      for (const [transferId, { activeMs }] of active) if (activeMs < oldestMs) active.delete(transferId);
      const wanted = [...active.values()]
        .map((transfer) => ({ transfer, turnMs: judgedMs(transfer.about) }))
        .filter(({ turnMs }) => isInForce || turnMs !== undefined)
        .map(({ transfer, turnMs = Number.MAX_VALUE }) => ({ transfer, turnMs }))
        .sort(
          (one, other) => one.turnMs - other.turnMs || other.transfer.recentBytes - one.transfer.recentBytes,
        );
      for (const { transfer } of wanted) transfer.recentBytes = 0;
      return wanted
        .slice(0, MAX_EDGE_TRANSFERS)
        .map(({ transfer: { about, bytes } }) => ({ ...about, bytes }));
    },
    apply(limits, told) {
      isInForce = limits !== undefined;
      if (limits === undefined) {
        for (const policy of [...shapers.keys()]) drop(policy);
        for (const transfer of active.values()) {
          transfer.policies = [];
          transfer.isJudged = false;
        }
        return;
      }
      const policiesOf = new Map<TransferId, string[]>();
      for (const { policy, rateBitsPerSecond, transfers: limited } of limits) {
        setRate(policy, rateBitsPerSecond);
        for (const transferId of limited) {
          const known = policiesOf.get(transferId);
          if (known) known.push(policy);
          else policiesOf.set(transferId, [policy]);
        }
      }
      for (const { transferId } of told) {
        const transfer = transfers.get(transferId);
        if (!transfer) continue;
        transfer.policies = policiesOf.get(transferId) ?? [];
        transfer.isJudged = true;
      }
      const inUse = new Set(limits.map(({ policy }) => policy));
      for (const { policies, isJudged } of active.values())
        if (!isJudged) for (const policy of policies) inUse.add(policy);
      for (const policy of [...shapers.keys()]) if (!inUse.has(policy)) drop(policy);
      // Where there are more than fit into one message, each has its turn with the next ones.
      const wasAllTold = told.length < MAX_EDGE_TRANSFERS;
      if (wasAllTold && [...active.values()].some(({ isJudged }) => !isJudged)) onNews();
    },
  };
}
