import type { EdgeLimit, EdgeTransfer } from '@fairhop/shared/contract';
import type { Policy, TransferId } from '@fairhop/shared/model';
import { commitShares } from './commit.js';
import type { FlowState, FlowTable } from './flow-table.js';

/** One running transfer of an edge, with the policies that its bytes are under. */
interface JudgedTransfer extends EdgeTransfer {
  readonly policies: readonly Policy[];
}

/** What edges told of their transfers, as flows: at one edge, those under the same policies are one. */
export interface EdgeTransfers {
  /** An edge told of its transfers. Gives true when there is a flow that has no share yet. */
  take(
    edge: string,
    transfers: readonly JudgedTransfer[],
    nowMs: number,
    onBytes: (policies: readonly Policy[], bytes: number) => void,
  ): boolean;
  /** What the edge is told: flows that are to have less get it now, others more as far as there is room. */
  tell(
    edge: string,
    usable: ReadonlyMap<string, number>,
    committed: ReadonlyMap<string, number>,
  ): EdgeLimit[];
  /** What the edge may send under a policy now, bits per second. */
  committedOf(edge: string, policy: string): number;
  /** Forgets edges that were not heard of. */
  expire(nowMs: number): void;
  clear(): void;
}

/** As edges count as gone (edges/registry.ts): their clients are sent to others. */
const GONE_AFTER_MS = 10_000;
/** Less moves nothing. */
export const MIN_RATE_BITS_PER_SECOND = 8_000;

interface EdgeState {
  readonly flows: Map<string, { readonly state: FlowState; transfers: readonly TransferId[] }>;
  bytes: Map<TransferId, number>;
  lastMs: number;
}

export function createEdgeTransfers(table: FlowTable): EdgeTransfers {
  const edges = new Map<string, EdgeState>();

  const drop = (name: string, edge: EdgeState): void => {
    for (const id of edge.flows.keys()) table.remove(id);
    edges.delete(name);
  };

  return {
    take(name, transfers, nowMs, onBytes) {
      const edge = edges.get(name) ?? { flows: new Map(), bytes: new Map(), lastMs: nowMs };
      edges.set(name, edge);
      edge.lastMs = nowMs;
      const groups = new Map<string, JudgedTransfer[]>();
      for (const transfer of transfers) {
        if (transfer.policies.length === 0) continue;
        const id = `edge:${name} ${transfer.policies.map((policy) => policy.id).join(' ')}`;
        const group = groups.get(id);
        if (group) group.push(transfer);
        else groups.set(id, [transfer]);
      }
      for (const id of [...edge.flows.keys()]) {
        if (groups.has(id)) continue;
        edge.flows.delete(id);
        table.remove(id);
      }
      const bytesNow = new Map<TransferId, number>();
      let isNew = false;
      for (const [id, group] of groups) {
        const { policies } = group[0]!;
        const state = table.edgeFlow(id, policies);
        state.downloads = group.map(({ client, clientAddress, title }) => ({
          client: client ?? clientAddress,
          titleId: title,
        }));
        for (const { transferId, bytes } of group) {
          bytesNow.set(transferId, bytes);
          const more = Math.max(0, bytes - (edge.bytes.get(transferId) ?? bytes));
          state.bytes += more;
          onBytes(policies, more);
        }
        state.live.sample(nowMs, state.bytes);
        edge.flows.set(id, { state, transfers: group.map(({ transferId }) => transferId) });
        isNew ||= state.target === undefined;
      }
      edge.bytes = bytesNow;
      return isNew;
    },
    tell(name, usable, committed) {
      const edge = edges.get(name);
      if (!edge) return [];
      const own = [...edge.flows.values()];
      const room = new Map(usable);
      for (const [policy, rate] of committed) room.set(policy, (room.get(policy) ?? 0) - rate);
      for (const { state } of own)
        for (const { id } of state.policies) room.set(id, (room.get(id) ?? 0) + state.committed);
      const told = commitShares(
        room,
        own.map(({ state }) => ({
          id: state.id,
          policies: state.policies.map(({ id }) => id),
          committed: state.committed,
          // One that was under other traffic's policy keeps what it has until the next look; a new one has nothing.
          target: state.target ?? state.committed,
          isTellable: true,
        })),
      );
      const limits = new Map<string, { rate: number; transfers: TransferId[] }>();
      for (const { state, transfers } of own) {
        state.committed = told.get(state.id)!;
        for (const { id } of state.policies) {
          const limit = limits.get(id) ?? { rate: 0, transfers: [] };
          limits.set(id, limit);
          limit.rate += state.committed;
          limit.transfers.push(...transfers);
        }
      }
      return [...limits].map(([policy, { rate, transfers }]) => ({
        policy,
        rateBitsPerSecond: Math.max(MIN_RATE_BITS_PER_SECOND, Math.floor(rate)),
        transfers,
      }));
    },
    committedOf(name, policy) {
      let rate = 0;
      for (const { state } of edges.get(name)?.flows.values() ?? [])
        if (state.policies.some(({ id }) => id === policy)) rate += state.committed;
      return rate;
    },
    expire(nowMs) {
      for (const [name, edge] of edges) if (nowMs - edge.lastMs > GONE_AFTER_MS) drop(name, edge);
    },
    clear() {
      for (const [name, edge] of edges) drop(name, edge);
    },
  };
}
