import {
  type BudgetAction,
  type BudgetOrder,
  type drawSchema,
  MAX_BUDGET_ORDERS,
} from '@fairhop/shared/contract';
import { type AgentKey, type ContentId, createBoundedCache } from '@fairhop/shared/model';
import type { Clock } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { z } from 'zod';
import { createListeners } from '../listeners.js';
import { type BudgetClient, type BudgetTitle, type BudgetVerdict, decideBudget, isOver } from './decide.js';

export const budgetActionMigration = `
  CREATE TABLE budget_orders (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL,
    orders TEXT NOT NULL
  ) STRICT;
  INSERT INTO budget_orders VALUES (1, 0, '[]');
`;

export interface BudgetActionsDependencies {
  readonly clock: Clock;
  /** Where refusals are written down, beside draws of sources. */
  readonly draws: { append(draw: z.infer<typeof drawSchema>): void };
  /** A client was refused, or got edges alone. */
  readonly onLimited: (action: BudgetAction, client: 'agent' | 'plain') => void;
}

/** What owners' budgets order now; on disk before accounting is told that it is obeyed. */
export interface BudgetActions {
  inForce(): { readonly revision: number; readonly orders: readonly BudgetOrder[] };
  /** Takes the place of what is in force, unless that is later. Gives the revision in force. */
  put(revision: number, orders: readonly BudgetOrder[]): number;
  /** Whether peers may serve it, beside edges. Throws `budget-stopped`, `budget-priority-customers-only`, `budget-off-peak-only`. */
  admitAgent(
    title: BudgetTitle & { contentId: ContentId },
    client: BudgetClient & { agent: AgentKey },
  ): boolean;
  /** Of a client without an agent: why it gets nothing. */
  refusalOf(title: BudgetTitle, client: BudgetClient): BudgetVerdict['refusal'];
  /** The same of a transfer of an edge that runs, uncounted. */
  refusalOfRunning(title: BudgetTitle, client: BudgetClient): BudgetVerdict['refusal'];
  /** Whose budgets keep clients away, or do in some hours: by any action but `no-peers`. */
  refusingOwners(): ReadonlySet<string>;
  /** The same as `admitAgent` of a transfer that runs, uncounted. */
  arePeersAllowed(title: BudgetTitle, client: BudgetClient): boolean;
  /** Gives what ends it. */
  onChange(listener: () => void): () => void;
}

/** The log of draws is a ring, and draws are audited by it: clients that ask again and again must not push them out. */
const NOTED_EVERY_MS = 60_000;

export function createBudgetActions(
  database: Database,
  { clock, draws, onLimited }: BudgetActionsDependencies,
): BudgetActions {
  const write = database.prepare('UPDATE budget_orders SET revision = ?, orders = ?');
  const row = database.prepare('SELECT revision, orders FROM budget_orders').get() as {
    revision: number;
    orders: string;
  };
  let revision = row.revision;
  let orders = JSON.parse(row.orders) as readonly BudgetOrder[];
  const changed = createListeners<void>();
  const noted = createBoundedCache<string, { atMs: number; since: number }>(MAX_BUDGET_ORDERS);
  /** How many of an owner an entry that is written now stands for; 0 where there was one within the minute. */
  const toNote = (owner: string): number => {
    const nowMs = clock.nowMs();
    const before = noted.get(owner);
    const since = (before?.since ?? 0) + 1;
    const isDue = before === undefined || nowMs - before.atMs >= NOTED_EVERY_MS;
    noted.set(owner, isDue ? { atMs: nowMs, since: 0 } : { atMs: before.atMs, since });
    return isDue ? since : 0;
  };
  const verdictOf = (title: BudgetTitle, client: BudgetClient): BudgetVerdict =>
    decideBudget(orders, title, client, clock.nowMs());

  return {
    inForce: () => ({ revision, orders }),
    put(newRevision, newOrders) {
      if (newRevision <= revision) return revision;
      write.run(newRevision, JSON.stringify(newOrders));
      revision = newRevision;
      orders = newOrders;
      changed.tell();
      return revision;
    },
    admitAgent(title, client) {
      const { arePeersAllowed, order, refusal } = verdictOf(title, client);
      if (order !== undefined) {
        onLimited(order.action, 'agent');
        const count = toNote(order.owner);
        if (count > 0)
          draws.append({
            timeMs: clock.nowMs(),
            downloader: client.agent,
            contentId: title.contentId,
            candidates: [],
            seed: '',
            budget: { id: order.budget, action: order.action, count },
          });
      }
      if (refusal !== undefined) throw refusal.error;
      return arePeersAllowed;
    },
    refusalOf(title, client) {
      const { order, refusal } = verdictOf(title, client);
      if (order !== undefined && refusal !== undefined) onLimited(order.action, 'plain');
      return refusal;
    },
    refusalOfRunning: (title, client) => verdictOf(title, client).refusal,
    refusingOwners: () =>
      new Set(
        orders
          .filter((order) => order.action !== 'no-peers' && !isOver(order, clock.nowMs()))
          .map(({ owner }) => owner),
      ),
    arePeersAllowed: (title, client) => verdictOf(title, client).arePeersAllowed,
    onChange: changed.add,
  };
}
