import type { EdgeBudgets, EdgeTransfer } from '@fairhop/shared/contract';
import { createBoundedCache, type EdgeUrlClaims, FairhopError, type TransferId } from '@fairhop/shared/model';

/** Whom owners' budgets keep away from this edge, as its coordinator judges transfer by transfer. */
export interface BudgetRefusals {
  /**
   * Waits until the coordinator was asked about a transfer, where a budget of the title's owner keeps anybody away. Throws the
   * coordinator's reason (403), and the signal's.
   */
  admit(claims: Pick<EdgeUrlClaims, 'jti' | 'title'>, signal: AbortSignal): Promise<void>;
  /** When a transfer was judged last, 0 where never. Undefined where it need not be. */
  judgedMs(transfer: Pick<EdgeTransfer, 'transferId' | 'title'>): number | undefined;
  /** The coordinator answered after `told` were told; undefined: no budget keeps anybody away. */
  apply(budgets: EdgeBudgets | undefined, told: readonly Pick<EdgeTransfer, 'transferId'>[]): void;
}

export interface BudgetRefusalsDependencies {
  /** Monotonic milliseconds, from 1 on. */
  nowMs(): number;
  /** There are transfers to be told. False where the coordinator is away. */
  onNews(): boolean;
  /** Ends responses of transfers for which there is a reason. */
  endResponses(reasonOf: (transferId: TransferId) => Error | undefined): void;
}

/** What is active is judged once a second; what is older than this may have changed. */
const FRESH_MS = 5_000;
/** Well beyond two heartbeats; then the coordinator's last word counts, and else that it gave the URL out. */
const ANSWER_TIMEOUT_MS = 3_000;
/** 300 bytes each; who is forgotten is asked about anew. */
const MAX_JUDGED = 10_000;

interface Judgement {
  readonly atMs: number;
  readonly refusal: FairhopError | undefined;
}

const createJudgements = () => createBoundedCache<TransferId, Judgement>(MAX_JUDGED);

export function createBudgetRefusals(dependencies: BudgetRefusalsDependencies): BudgetRefusals {
  const { nowMs, onNews, endResponses } = dependencies;
  let owners: ReadonlySet<string> = new Set();
  let judgements = createJudgements();
  /** Called with each answer; one of each response at most, which the edge bounds. */
  const waiting = new Set<() => void>();

  const isConcerned = (title: string): boolean => owners.has(title.split('/', 1)[0]!);
  const isFresh = (transferId: TransferId): boolean => {
    const judgement = judgements.get(transferId);
    return judgement !== undefined && nowMs() - judgement.atMs < FRESH_MS;
  };
  const nextAnswer = async (ended: AbortSignal): Promise<void> => {
    if (ended.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        waiting.delete(done);
        ended.removeEventListener('abort', done);
        resolve();
      };
      waiting.add(done);
      ended.addEventListener('abort', done);
    });
  };

  return {
    async admit({ jti, title }, signal) {
      const ended = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
      while (isConcerned(title) && !isFresh(jti) && !ended.aborted && onNews()) await nextAnswer(ended);
      signal.throwIfAborted();
      const refusal = isConcerned(title) ? judgements.get(jti)?.refusal : undefined;
      if (refusal !== undefined) throw refusal;
    },
    judgedMs: ({ transferId, title }) =>
      isConcerned(title) ? (judgements.get(transferId)?.atMs ?? 0) : undefined,
    apply(budgets, told) {
      const isSame =
        owners.size === (budgets?.owners.length ?? 0) &&
        budgets?.owners.every((owner) => owners.has(owner)) !== false;
      if (!isSame) {
        owners = new Set(budgets?.owners);
        judgements = createJudgements();
        if (owners.size > 0) onNews();
      }
      const refusals = new Map<TransferId, FairhopError>();
      for (const { code, message, transfers } of budgets?.refusals ?? []) {
        const refusal = new FairhopError(code, message, { status: 403 });
        for (const transferId of transfers) refusals.set(transferId, refusal);
      }
      const atMs = nowMs();
      for (const { transferId } of told)
        judgements.set(transferId, { atMs, refusal: refusals.get(transferId) });
      if (refusals.size > 0) endResponses((transferId) => refusals.get(transferId));
      for (const done of [...waiting]) done();
    },
  };
}
