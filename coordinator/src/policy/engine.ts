import type { EdgeLimit, EdgeTransfer } from '@fairhop/shared/contract';
import type { Policy, TransferId } from '@fairhop/shared/model';
import type { Clock, Logger } from '@fairhop/shared/service';
import type { Booked } from './booked-load.js';
import { type DecidedPolicy, decide, USABLE_SHARE } from './decide.js';
import { createEdgeTransfers, MIN_RATE_BITS_PER_SECOND } from './edge-transfers.js';
import { createFlowTable, type Download, type FlowState, type GrantFacts } from './flow-table.js';
import type { InForce } from './in-force.js';
import { createLives } from './lives.js';
import type { PolicyMetrics } from './metrics.js';
import { nextPhase, type Phase } from './phase.js';
import type { PolicyStore } from './policy-store.js';
import type { TitleFacts, WayEnd } from './way-end.js';

/** What uploaders are to be told of grants under policies. */
export interface GrantOrders {
  /** What each may send, bits per second, and a policy that it is under. */
  readonly rates: ReadonlyMap<TransferId, { readonly rateBitsPerSecond: number; readonly policy: Policy }>;
  /** Grants to end, each with a policy that leaves nothing of use for it. */
  readonly ended: ReadonlyMap<TransferId, Policy>;
  /** Under no policy any more. */
  readonly freed: readonly TransferId[];
}

/** A transfer of an edge with where it goes. */
interface PlacedTransfer extends EdgeTransfer {
  readonly to: WayEnd;
  readonly facts: TitleFacts;
}

/** What a policy does now. */
interface PolicyActivity {
  readonly phase: Phase;
  readonly expectedBitsPerSecond: number;
  readonly grantedBitsPerSecond: number;
  readonly measuredBitsPerSecond: number;
  readonly booked: Booked | undefined;
  readonly grants: number;
  readonly edgeTransfers: number;
}

/** Shares what policies leave between grants and edges, and tells when a component is full. */
export interface PolicyEngine {
  /** Looks at all running grants. */
  tick(grants: Iterable<GrantFacts>): GrantOrders;
  /** A grant was just given: what it may have until the next look. Undefined under no policy. */
  admit(grant: GrantFacts): number | undefined;
  /** An edge told of its transfers: what it may send of which. Undefined while nothing is in force. */
  beat(edge: string, from: WayEnd, transfers: readonly PlacedTransfer[]): EdgeLimit[] | undefined;
  /** What an edge may send of a new transfer until it asks, bits per second. */
  firstRate(edge: string, policy: Policy): number;
  /** Full: new transfers shall go around it. */
  isActing(policy: Policy): boolean;
  /** Does nothing for one that is not in force. */
  book(policy: string, booked: Booked): void;
  activity(policy: Policy): PolicyActivity;
}

const tellable = (rate: number): number => Math.max(MIN_RATE_BITS_PER_SECOND, Math.floor(rate));

/** A beat that brings something new is answered with shares for it, unless that was done just now. */
const MIN_DECISION_SPACING_MS = 100;

/** The others look for sources anew within seconds. */
const MAX_TOLD_DOWNLOADS = 256;

export interface EngineDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: Pick<PolicyStore, 'list' | 'note'>;
  inForce(nowMs: number): InForce;
  readonly metrics: PolicyMetrics;
  /** It became full, or is not any more; so many downloads are told of. */
  onPhase(policy: Policy, downloads: readonly Download[]): void;
}

export function createPolicyEngine(deps: EngineDependencies): PolicyEngine {
  const { clock, log, store, inForce, metrics } = deps;
  const table = createFlowTable();
  const edges = createEdgeTransfers(table);
  const lives = createLives(clock, metrics);
  let decidedMs = Number.NEGATIVE_INFINITY;
  let committed = new Map<string, number>();
  let usable = new Map<string, number>();
  let ended = new Set<string>();

  const onBytes = (policies: readonly Policy[], bytes: number): void => {
    for (const { id } of policies) lives.of(id).bytes += bytes;
  };

  /** By policy, what all senders may send together. */
  const sumCommitted = (): Map<string, number> => {
    const sums = new Map<string, number>();
    for (const { policies, committed: rate } of table.flows.values())
      for (const { id } of policies) sums.set(id, (sums.get(id) ?? 0) + rate);
    return sums;
  };

  const roomOf = ({ id, capacityBitsPerSecond }: Policy): number =>
    (usable.get(id) ?? USABLE_SHARE * capacityBitsPerSecond) - (committed.get(id) ?? 0);

  const flowsUnder = (id: string): FlowState[] =>
    [...table.flows.values()].filter(({ policies }) =>
      policies.some((policy) => policy.id === id && lives.isCurrent(policy)),
    );

  const enterPhase = (policy: Policy, phase: Phase): void => {
    const live = lives.of(policy.id);
    const before = live.phase;
    live.phase = phase;
    if ((before.name === 'acting') === (phase.name === 'acting')) return;
    const isActing = phase.name === 'acting';
    const { id, component, capacityBitsPerSecond } = policy;
    const load = Math.round(live.expected);
    const text = isActing
      ? `${load} of ${capacityBitsPerSecond} bit/s over ${component} are taken: new transfers go around it, or share it`
      : `${load} of ${capacityBitsPerSecond} bit/s over ${component} are taken: new transfers may use it again`;
    log.info({ policy: id, component, load, capacityBitsPerSecond, isActing }, text);
    try {
      store.note(id, { what: isActing ? 'acting' : 'released', by: 'coordinator', text });
    } catch (error) {
      log.error({ err: error, policy: id }, 'what a policy does could not be written into its history');
    }
    metrics.phase(id, isActing);
    const downloads = flowsUnder(id).flatMap((flow) => flow.downloads);
    deps.onPhase(policy, downloads.slice(0, MAX_TOLD_DOWNLOADS));
  };

  /** New shares for all flows. What grants may have is committed if they are told now, else only where it is less to come. */
  const share = (nowMs: number, tellsGrants: boolean): void => {
    decidedMs = nowMs;
    const current = inForce(nowMs);
    const counted: DecidedPolicy[] = current.policies.map((policy) => {
      const { id, capacityBitsPerSecond, releasePercent } = policy;
      const { phase, booked } = lives.follow(policy, true);
      const unknownBitsPerSecond = booked.unknownBitsPerSecond(nowMs, capacityBitsPerSecond);
      return { id, isInForce: true, capacityBitsPerSecond, releasePercent, phase, unknownBitsPerSecond };
    });
    const flows = table
      .forDecision(lives.isCurrent)
      .map((flow) => (tellsGrants ? flow : { ...flow, isTellable: false }));
    const decision = decide(counted, flows, nowMs);
    for (const flow of table.flows.values()) {
      const hasEnded = decision.ended.has(flow.id);
      flow.target = hasEnded ? 0 : decision.targets.get(flow.id);
      flow.committed = decision.committed.get(flow.id) ?? flow.committed;
    }
    ended = new Set(decision.ended);
    usable = new Map(
      counted.map(({ id, capacityBitsPerSecond, unknownBitsPerSecond }) => [
        id,
        Math.max(0, USABLE_SHARE * capacityBitsPerSecond - unknownBitsPerSecond),
      ]),
    );
    committed = sumCommitted();
    for (const policy of current.policies) {
      lives.of(policy.id).expected = decision.loads.get(policy.id) ?? 0;
      enterPhase(policy, decision.phases.get(policy.id)!);
    }
  };

  const rest = (nowMs: number, current: InForce): void => {
    const present = new Map(store.list().map((policy) => [policy.id, policy]));
    for (const id of lives.ids()) {
      const policy = present.get(id);
      if (policy === undefined) lives.forget(id);
      else if (!current.policies.includes(policy)) {
        const { capacityBitsPerSecond: capacity, releasePercent } = policy;
        const live = lives.follow(policy, false);
        live.expected = 0;
        enterPhase(
          policy,
          nextPhase(live.phase, { nowMs, isInForce: false, load: 0, capacity, releasePercent }),
        );
      }
    }
  };

  const sample = (nowMs: number, current: InForce): void => {
    for (const { id } of current.policies) {
      const { rate, booked, bytes } = lives.of(id);
      rate.sample(nowMs, bytes);
      booked.sample(nowMs, bytes);
    }
  };

  return {
    tick(grants) {
      const nowMs = clock.nowMs();
      const current = inForce(nowMs);
      rest(nowMs, current);
      if (current.policies.length === 0) {
        edges.clear();
        const freed = table.takeGrants([], () => [], nowMs, onBytes);
        return { rates: new Map(), ended: new Map(), freed };
      }
      const policiesOf = ({ source, destination, title }: GrantFacts) =>
        current.on(source, destination, title);
      const freed = table.takeGrants(grants, policiesOf, nowMs, onBytes);
      edges.expire(nowMs);
      share(nowMs, true);
      sample(nowMs, current);
      const rates = new Map<TransferId, { rateBitsPerSecond: number; policy: Policy }>();
      const ends = new Map<TransferId, Policy>();
      for (const { id, progress, committed: rate, policies } of table.flows.values()) {
        if (progress === undefined) continue;
        const policy = policies[0]!;
        if (ended.has(id)) ends.set(id, policy);
        else rates.set(id, { rateBitsPerSecond: tellable(rate), policy });
      }
      return { rates, ended: ends, freed };
    },
    admit(grant) {
      const nowMs = clock.nowMs();
      const policies = inForce(nowMs).on(grant.source, grant.destination, grant.title);
      if (policies.length === 0) return undefined;
      const rate = Math.max(0, Math.min(grant.rateBitsPerSecond, ...policies.map(roomOf)));
      table.admit(grant, policies, rate);
      for (const { id } of policies) committed.set(id, (committed.get(id) ?? 0) + rate);
      return tellable(rate);
    },
    beat(edge, from, transfers) {
      const nowMs = clock.nowMs();
      const current = inForce(nowMs);
      if (current.policies.length === 0) return undefined;
      const judged = transfers.map(({ to, facts, ...transfer }) => ({
        ...transfer,
        policies: current.on(from, to, facts),
      }));
      const isNew = edges.take(edge, judged, nowMs, onBytes);
      if (isNew && nowMs - decidedMs >= MIN_DECISION_SPACING_MS) share(nowMs, false);
      const limits = edges.tell(edge, usable, committed);
      committed = sumCommitted();
      return limits;
    },
    firstRate(edge, policy) {
      const known = edges.committedOf(edge, policy.id);
      return tellable(known > 0 ? known : roomOf(policy));
    },
    isActing: ({ id }) => lives.get(id)?.phase.name === 'acting',
    book(id, booked) {
      const policy = inForce(clock.nowMs()).policies.find((one) => one.id === id);
      if (policy) lives.follow(policy, true).booked.book(booked);
    },
    activity(policy) {
      const isInForce = inForce(clock.nowMs()).policies.includes(policy);
      const { phase, expected, rate, booked } = lives.follow(policy, isInForce);
      const under = flowsUnder(policy.id);
      const edgeFlows = under.filter(({ progress }) => progress === undefined);
      return {
        phase,
        expectedBitsPerSecond: Math.round(expected),
        grantedBitsPerSecond: Math.round(under.reduce((sum, flow) => sum + flow.committed, 0)),
        measuredBitsPerSecond: Math.round(rate.bitsPerSecond() ?? 0),
        booked: booked.booked,
        grants: under.length - edgeFlows.length,
        edgeTransfers: edgeFlows.reduce((sum, { downloads }) => sum + downloads.length, 0),
      };
    },
  };
}
