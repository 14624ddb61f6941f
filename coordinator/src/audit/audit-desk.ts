import { randomBytes, randomUUID } from 'node:crypto';
import type { AuditOutcome, EdgeInfo } from '@fairhop/shared/contract';
import { type AgentKey, type ContentId, createBoundedCache, type Quarantine } from '@fairhop/shared/model';
import type { Clock, Logger } from '@fairhop/shared/service';
import type { AuditLog } from './audit-log.js';
import { consequenceOf } from './consequence.js';
import type { AuditQuestion, EdgeDigests } from './edge-digests.js';
import { type ContentSize, randomRange } from './question.js';

/** Asks downloaders at random to show what they acknowledged. */
export interface AuditDesk {
  start(): void;
  /** Audits that are under way are dropped. */
  stop(): Promise<void>;
  /** An agent acknowledged pieces that may have come from peers: now and then one of them is asked about. */
  acknowledged(report: Acknowledgement): void;
  /** No digest: the agent does not hold it any more. An audit of another agent, or one that is over, is nothing. */
  answered(agent: AgentKey, auditId: string, digest: string | undefined): void;
  /** Newest first, those under way included. */
  latest(query: { agent?: AgentKey | undefined; limit: number }): AuditOutcome[];
}

export interface Acknowledgement {
  readonly agent: AgentKey;
  readonly contentId: ContentId;
  readonly content: ContentSize;
  readonly pieces: readonly number[];
  /** Who can tell what is right, asked for when there is something to ask. */
  edges(): readonly EdgeInfo[];
  send(question: AuditQuestion): void;
}

export interface AuditDeskConfig {
  /** Of each acknowledged piece. */
  readonly probabilityPerPiece: number;
  readonly answerTimeoutMs: number;
}

export interface AuditDeskDependencies {
  readonly log: Logger;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly outcomes: AuditLog;
  readonly digests: EdgeDigests;
  quarantine(agent: AgentKey, placement: Omit<Quarantine, 'agent' | 'sinceMs'>): void;
  onOutcome(outcome: AuditOutcome['outcome']): void;
}

/** Under way at once: an edge reads up to 16 MiB for each, and fills it when it has to. */
const MAX_UNDER_WAY = 64;
/** Agents whose unanswered audits are counted; those unused for the longest time are forgotten. */
const MAX_COUNTED = 50_000;
/** A time-out is so many turns of a timer, so that a time in which this process stood still counts for nobody. */
const TURNS = 5;

interface UnderWay {
  readonly question: AuditQuestion;
  readonly agent: AgentKey;
  readonly askedMs: number;
  readonly edges: readonly EdgeInfo[];
  turns: number;
  /** It answered, and an edge is asked. */
  isVerifying: boolean;
}

export function createAuditDesk(config: AuditDeskConfig, deps: AuditDeskDependencies): AuditDesk {
  const { clock, log, random, outcomes } = deps;
  const underWay = new Map<string, UnderWay>();
  const asked = new Set<AgentKey>();
  const unanswered = createBoundedCache<AgentKey, number>(MAX_COUNTED);
  let timer: NodeJS.Timeout | undefined;

  const toOutcome = (
    { question: { auditId, contentId, piece }, agent, askedMs }: UnderWay,
    outcome: AuditOutcome['outcome'],
  ): AuditOutcome => ({ id: auditId, agent, contentId, piece, askedMs, outcome });

  const countUnanswered = (agent: AgentKey, outcome: AuditOutcome['outcome']): number => {
    const count = (unanswered.get(agent) ?? 0) + 1;
    if (outcome === 'unanswered') unanswered.set(agent, count);
    else if (outcome !== 'unverifiable') unanswered.delete(agent);
    return outcome === 'unanswered' ? count : 0;
  };

  const end = (audit: UnderWay, outcome: AuditOutcome['outcome'], facts: object = {}): void => {
    const { agent, question } = audit;
    if (!underWay.delete(question.auditId)) return;
    asked.delete(agent);
    deps.onOutcome(outcome);
    outcomes.append(toOutcome(audit, outcome));
    const placement = consequenceOf({
      outcome,
      contentId: question.contentId,
      piece: question.piece,
      unansweredInRow: countUnanswered(agent, outcome),
      evidence: JSON.stringify({ ...question, askedMs: audit.askedMs, ...facts }),
      nowMs: clock.nowMs(),
    });
    if (!placement) return;
    unanswered.delete(agent);
    log.warn({ agent, outcome, ...question, ...facts }, 'an agent comes into quarantine by an audit');
    try {
      deps.quarantine(agent, placement);
    } catch (error) {
      log.error({ err: error, agent }, 'an agent could not be put into quarantine');
    }
  };

  const verify = async (audit: UnderWay, digest: string): Promise<void> => {
    const expected = await deps.digests.digestOf(audit.question, audit.edges);
    if (expected === undefined) end(audit, 'unverifiable');
    else end(audit, expected === digest ? 'passed' : 'failed', { answered: digest, expected });
  };

  const turn = (): void => {
    for (const audit of underWay.values()) {
      audit.turns += 1;
      if (audit.turns > TURNS && !audit.isVerifying) end(audit, 'unanswered');
    }
  };

  const ask = ({ agent, contentId, content, edges, send }: Acknowledgement, piece: number): void => {
    const question: AuditQuestion = {
      auditId: randomUUID(),
      contentId,
      piece,
      ...randomRange(content, piece, random),
      nonce: randomBytes(32).toString('hex'),
    };
    const audit = { question, agent, askedMs: clock.nowMs(), edges: edges(), turns: 0, isVerifying: false };
    underWay.set(question.auditId, audit);
    asked.add(agent);
    send(question);
  };

  return {
    start() {
      timer = setInterval(turn, config.answerTimeoutMs / TURNS);
    },
    async stop() {
      clearInterval(timer);
      underWay.clear();
      asked.clear();
      await deps.digests.stop();
      outcomes.stop();
    },
    acknowledged(report) {
      if (asked.has(report.agent) || underWay.size >= MAX_UNDER_WAY) return;
      const { pieces } = report;
      // One lot for all of them, and each as likely as another: who says to hold a whole content must hold its end too.
      if (random() >= 1 - (1 - config.probabilityPerPiece) ** pieces.length) return;
      ask(report, pieces[Math.floor(random() * pieces.length)]!);
    },
    answered(agent, auditId, digest) {
      const audit = underWay.get(auditId);
      if (!audit || audit.agent !== agent || audit.isVerifying) return;
      if (digest === undefined) {
        end(audit, 'unanswered');
        return;
      }
      audit.isVerifying = true;
      verify(audit, digest).catch((error: unknown) => {
        log.error({ err: error, agent }, 'an audit could not be verified');
        end(audit, 'unverifiable');
      });
    },
    latest(query) {
      const pending = [...underWay.values()]
        .filter(({ agent }) => query.agent === undefined || agent === query.agent)
        .map((audit) => toOutcome(audit, 'pending'))
        .reverse();
      return [...pending, ...outcomes.latest(query)].slice(0, query.limit);
    },
  };
}
