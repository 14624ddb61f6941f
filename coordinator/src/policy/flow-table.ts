import type { AgentKey, Policy, TransferId } from '@fairhop/shared/model';
import type { DecidedFlow } from './decide.js';
import { createLiveRate, type LiveRate } from './live-rate.js';
import type { TitleFacts, WayEnd } from './way-end.js';

/** A running grant as policies see it. */
export interface GrantFacts {
  readonly transferId: TransferId;
  readonly title: TitleFacts;
  readonly downloader: AgentKey;
  readonly source: WayEnd;
  readonly destination: WayEnd;
  readonly rateBitsPerSecond: number;
  readonly maxBytes: number;
  readonly reportedBytes: number;
  /** Its uploader is connected. */
  readonly isTellable: boolean;
}

/** Who gets the bytes, as far as that is known: all flows of one download share what one download may have. */
export interface Download {
  /** An agent's key, or the address of a plain HTTP client. */
  readonly client: string;
  readonly titleId: string;
}

/** Bytes under one rate; what is shared by policies. */
export interface FlowState {
  readonly id: string;
  policies: readonly Policy[];
  readonly live: LiveRate;
  /** What its sender was told last, bits per second. */
  committed: number;
  /** What it shall have. */
  target: number | undefined;
  /** One for each of its transfers. */
  downloads: readonly Download[];
  /** What it may have at most. */
  ceiling: number;
  /** Undefined for edges. */
  progress: number | undefined;
  isTellable: boolean;
  /** Payload so far. */
  bytes: number;
}

export interface FlowTable {
  readonly flows: ReadonlyMap<string, FlowState>;
  /**
   * Takes up the grants that are under a policy, and drops all others. `onBytes` is told what came over the policies since the last
   * look. Gives transfers that were under policies and are under none any more.
   */
  takeGrants(
    grants: Iterable<GrantFacts>,
    policiesOf: (grant: GrantFacts) => readonly Policy[],
    nowMs: number,
    onBytes: (policies: readonly Policy[], bytes: number) => void,
  ): TransferId[];
  /** A grant that was just given begins with that rate. */
  admit(grant: GrantFacts, policies: readonly Policy[], rate: number): void;
  /** The flow of that id, made if it is new. */
  edgeFlow(id: string, policies: readonly Policy[]): FlowState;
  remove(id: string): void;
  /** Those under policies that count, with their claims: one for each download, however many senders it has. */
  forDecision(counts: (policy: Policy) => boolean): DecidedFlow[];
}

export function createFlowTable(): FlowTable {
  const flows = new Map<string, FlowState>();
  const add = (flow: Omit<FlowState, 'live' | 'target'>): FlowState => {
    const state: FlowState = { ...flow, live: createLiveRate(), target: undefined };
    flows.set(flow.id, state);
    return state;
  };
  const addGrant = (grant: GrantFacts, policies: readonly Policy[], committed: number): FlowState => {
    const { transferId: id, title, downloader, rateBitsPerSecond: ceiling, isTellable } = grant;
    return add({
      ...{ id, policies, committed, ceiling, isTellable, progress: 0, bytes: grant.reportedBytes },
      downloads: [{ client: downloader, titleId: title.id }],
    });
  };
  return {
    flows,
    takeGrants(grants, policiesOf, nowMs, onBytes) {
      const seen = new Set<string>();
      for (const grant of grants) {
        const policies = policiesOf(grant);
        if (policies.length === 0) continue;
        const { transferId: id, reportedBytes, maxBytes, rateBitsPerSecond: ceiling, isTellable } = grant;
        seen.add(id);
        const flow = flows.get(id) ?? addGrant(grant, policies, ceiling);
        onBytes(policies, Math.max(0, reportedBytes - flow.bytes));
        flow.policies = policies;
        flow.bytes = Math.max(flow.bytes, reportedBytes);
        flow.ceiling = ceiling;
        flow.committed = Math.min(flow.committed, ceiling);
        flow.progress = reportedBytes / Math.max(1, maxBytes);
        flow.isTellable = isTellable;
        flow.live.sample(nowMs, flow.bytes);
      }
      const freed: TransferId[] = [];
      for (const { id, progress } of flows.values()) {
        if (progress === undefined || seen.has(id)) continue;
        flows.delete(id);
        freed.push(id);
      }
      return freed;
    },
    admit: addGrant,
    edgeFlow(id, policies) {
      const known = flows.get(id);
      if (known) {
        // The same ids, which is what the flow is named after; their terms may be others.
        known.policies = policies;
        return known;
      }
      return add({
        ...{ id, policies, committed: 0, downloads: [], ceiling: Number.POSITIVE_INFINITY },
        ...{ progress: undefined, isTellable: false, bytes: 0 },
      });
    },
    remove: (id) => flows.delete(id),
    forDecision(counts) {
      const senders = new Map<string, number>();
      for (const { downloads } of flows.values())
        for (const download of downloads.map(keyOf)) senders.set(download, (senders.get(download) ?? 0) + 1);
      return [...flows.values()]
        .map(({ id, policies, downloads, live, committed, ceiling, progress, isTellable }) => ({
          ...{ id, committed, ceiling, progress, isTellable },
          policies: policies.filter(counts).map((policy) => policy.id),
          weight: Math.max(
            MIN_WEIGHT,
            downloads.reduce((sum, download) => sum + 1 / senders.get(keyOf(download))!, 0),
          ),
          measured: live.bitsPerSecond(),
        }))
        .filter(({ policies }) => policies.length > 0);
    },
  };
}

const keyOf = ({ client, titleId }: Download): string => `${client} ${titleId}`;

/** An edge whose transfers just ended keeps a little until the next look. */
const MIN_WEIGHT = 1e-3;
