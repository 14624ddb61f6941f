import { type Budget, type BudgetStep, budgetSchema, stepsOf } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';

export interface StoredBudget extends Omit<Budget, 'steps' | 'stepsPercent'> {
  /** The lowest first, each percent once. */
  readonly steps: readonly BudgetStep[];
  /** Since when it counts what it counts: another one is another budget, which is told all anew. */
  readonly sinceMs: number;
}

export interface BudgetStore {
  /** Sets or replaces it. Throws `too-many-budgets` (409). */
  put(budget: Budget, nowMs: number): StoredBudget;
  /** By id; the same object until it is set anew. */
  get(id: string): StoredBudget | undefined;
  list(): readonly StoredBudget[];
  /** Throws `budget-unknown` (404). */
  remove(id: string): void;
}

/** Contracts of one operator, each looked at after every booking of its owner. */
const MAX_BUDGETS = 10_000;

interface BudgetRow {
  id: string;
  since_ms: number;
  document: string;
}

export function createBudgetStore(database: Database): BudgetStore {
  const upsert = database.prepare<[BudgetRow]>(`
    INSERT INTO budget (id, since_ms, document) VALUES (@id, @since_ms, @document)
    ON CONFLICT (id) DO UPDATE SET since_ms = excluded.since_ms, document = excluded.document`);
  const remove = database.prepare<[string]>('DELETE FROM budget WHERE id = ?');
  const rows = database.prepare<[], BudgetRow>('SELECT * FROM budget').all();
  const budgets = new Map(
    rows.map(({ id, since_ms, document }) => [
      id,
      stored(budgetSchema.parse(JSON.parse(document)), since_ms),
    ]),
  );
  return {
    put(budget, nowMs) {
      const before = budgets.get(budget.id);
      if (before === undefined && budgets.size >= MAX_BUDGETS) {
        const message = `there are ${MAX_BUDGETS} budgets; remove one before budget ${budget.id} is set`;
        throw new FairhopError('too-many-budgets', message, { status: 409 });
      }
      let sinceMs = nowMs;
      if (before !== undefined)
        sinceMs = isSameMeasure(before, budget) ? before.sinceMs : Math.max(nowMs, before.sinceMs + 1);
      upsert.run({ id: budget.id, since_ms: sinceMs, document: JSON.stringify(budget) });
      const after = stored(budget, sinceMs);
      budgets.set(budget.id, after);
      return after;
    },
    get: (id) => budgets.get(id),
    list: () => [...budgets.values()].sort((left, right) => (left.id < right.id ? -1 : 1)),
    remove(id) {
      if (!budgets.has(id))
        throw new FairhopError('budget-unknown', `there is no budget ${id}`, { status: 404 });
      remove.run(id);
      budgets.delete(id);
    },
  };
}

function stored({ steps, stepsPercent, ...budget }: Budget, sinceMs: number): StoredBudget {
  return { ...budget, steps: stepsOf({ steps, stepsPercent }), sinceMs };
}

/** Whether two budgets count the same in the same periods, whatever their limits are. */
export function isSameMeasure(left: Measure, right: Measure): boolean {
  return JSON.stringify(measureOf(left)) === JSON.stringify(measureOf(right));
}

type Measure = Omit<Budget, 'steps' | 'stepsPercent'>;

const measureOf = (budget: Measure): unknown[] => [
  ...[budget.owner, budget.title, budget.category, budget.kind],
  ...[budget.leaves, budget.enters, budget.crosses],
  ...[budget.period, budget.timeZone, budget.direction, budget.basis],
];
