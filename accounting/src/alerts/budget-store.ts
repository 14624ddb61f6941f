import type { Budget } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';

export interface StoredBudget extends Budget {
  readonly createdMs: number;
}

export interface BudgetStore {
  /** Sets or replaces it; when it was first set stays. */
  put(budget: Budget, nowMs: number): void;
  list(): StoredBudget[];
  /** Throws `budget-unknown` (404). */
  remove(id: string): void;
}

/** Contracts of one operator, each looked at after every booking of its owner. */
const MAX_BUDGETS = 10_000;

interface BudgetRow {
  id: string;
  owner: string;
  limit_bytes: number;
  period: Budget['period'];
  time_zone: string;
  steps_percent: string;
  webhook_url: string;
  webhook_secret: string;
  created_ms: number;
}

export function createBudgetStore(database: Database): BudgetStore {
  const count = database.prepare<[string], { others: number }>(
    'SELECT count(*) AS others FROM budget WHERE id <> ?',
  );
  const upsert = database.prepare<[BudgetRow]>(`
    INSERT INTO budget VALUES (@id, @owner, @limit_bytes, @period, @time_zone, @steps_percent, @webhook_url, @webhook_secret, @created_ms)
    ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, limit_bytes = excluded.limit_bytes, period = excluded.period,
      time_zone = excluded.time_zone, steps_percent = excluded.steps_percent, webhook_url = excluded.webhook_url,
      webhook_secret = excluded.webhook_secret`);
  const all = database.prepare<[], BudgetRow>('SELECT * FROM budget ORDER BY id');
  const remove = database.prepare<[string]>('DELETE FROM budget WHERE id = ?');
  return {
    put(budget, nowMs) {
      if ((count.get(budget.id)?.others ?? 0) >= MAX_BUDGETS) {
        const message = `there are ${MAX_BUDGETS} budgets; remove one before budget ${budget.id} is set`;
        throw new FairhopError('too-many-budgets', message, { status: 409 });
      }
      upsert.run({
        id: budget.id,
        owner: budget.owner,
        limit_bytes: budget.limitBytes,
        period: budget.period,
        time_zone: budget.timeZone,
        steps_percent: JSON.stringify(budget.stepsPercent),
        webhook_url: budget.webhook.url,
        webhook_secret: budget.webhook.secret,
        created_ms: nowMs,
      });
    },
    list: () => all.all().map(budgetOf),
    remove(id) {
      if (remove.run(id).changes > 0) return;
      throw new FairhopError('budget-unknown', `there is no budget ${id}`, { status: 404 });
    },
  };
}

const budgetOf = (row: BudgetRow): StoredBudget => ({
  id: row.id,
  owner: row.owner,
  limitBytes: row.limit_bytes,
  period: row.period,
  timeZone: row.time_zone,
  stepsPercent: JSON.parse(row.steps_percent) as number[],
  webhook: { url: row.webhook_url, secret: row.webhook_secret },
  createdMs: row.created_ms,
});
