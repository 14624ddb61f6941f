import type { BudgetAction, BudgetOrder } from '@fairhop/shared/contract';
import { type AgentKey, FairhopError, type Title } from '@fairhop/shared/model';
import { inPrefix, parseAddress, parsePrefix } from '@fairhop/shared/net';
import { hoursState } from '../permission/hours.js';

/** Who asks for a title. */
export interface BudgetClient {
  /** Absent: a plain HTTP client. */
  readonly agent?: AgentKey;
  readonly isp: string | null;
  /** As the coordinator sees it; absent while that is not known: an agent that is between two sessions. */
  readonly address?: string;
}

export type BudgetTitle = Pick<Title, 'id' | 'owner' | 'category'>;

/** What budgets allow; `order` is the one that does not allow more. */
export interface BudgetVerdict {
  readonly arePeersAllowed: boolean;
  readonly order?: BudgetOrder;
  readonly refusal?: {
    readonly error: FairhopError;
    /** When it is delivered again, where that is known. */
    readonly opensMs?: number;
  };
}

type Judge = (order: BudgetOrder, client: BudgetClient, nowMs: number) => BudgetVerdict | undefined;

const refuse = (
  order: BudgetOrder,
  code: string,
  { message, status, opensMs }: { message: string; status: number; opensMs?: number | undefined },
): BudgetVerdict => ({
  arePeersAllowed: false,
  order,
  refusal: {
    error: new FairhopError(code, `${message} (budget ${order.budget})`, { status }),
    ...(opensMs !== undefined && { opensMs }),
  },
});

const untilText = (timeMs: number | null | undefined): string =>
  timeMs === null || timeMs === undefined
    ? ''
    : `; it is delivered again from ${new Date(timeMs).toISOString()}`;

const judges: Readonly<Record<BudgetAction, Judge>> = {
  stop: (order) =>
    refuse(order, 'budget-stopped', {
      message: `${order.owner}'s budget is used up and its titles are not delivered now${untilText(order.untilMs)}, or earlier if the owner raises it`,
      status: 403,
    }),
  'priority-customers-only': (order, client) =>
    isPriority(order, client)
      ? undefined
      : refuse(order, 'budget-priority-customers-only', {
          message: `${order.owner}'s budget is used up for all but its priority customers${untilText(order.untilMs)}`,
          status: 403,
        }),
  'off-peak-only'(order, _client, nowMs) {
    if (order.hours === undefined) return undefined;
    const { open, changesMs } = hoursState(order.hours, nowMs);
    if (open) return undefined;
    const { from, to, timeZone } = order.hours;
    const opensMs = Math.min(...[changesMs ?? [], order.untilMs ?? []].flat());
    return refuse(order, 'budget-off-peak-only', {
      message: `${order.owner}'s titles are delivered off-peak only, from ${from} to ${to} (${timeZone})${untilText(Number.isFinite(opensMs) ? opensMs : null)}`,
      status: 503,
      opensMs: Number.isFinite(opensMs) ? opensMs : undefined,
    });
  },
  'no-peers': (order) => ({ arePeersAllowed: false, order }),
};

/** The strictest first: what it says is what the client is told. */
const strictness: readonly BudgetAction[] = ['stop', 'priority-customers-only', 'off-peak-only', 'no-peers'];

/** What the orders in force say of a title for a client. */
export function decideBudget(
  orders: readonly BudgetOrder[],
  title: BudgetTitle,
  client: BudgetClient,
  nowMs: number,
): BudgetVerdict {
  const concerned = orders.filter((order) => isAbout(order, title) && !isOver(order, nowMs));
  for (const action of strictness) {
    for (const order of concerned) {
      const verdict = order.action === action ? judges[action](order, client, nowMs) : undefined;
      if (verdict !== undefined) return verdict;
    }
  }
  return { arePeersAllowed: true };
}

/** A budget that names both title and category is about that title while it is in the category. */
const isAbout = (order: BudgetOrder, { id, owner, category }: BudgetTitle): boolean =>
  order.owner === owner &&
  (order.title === undefined || order.title === id) &&
  (order.category === undefined || order.category === category);

export const isOver = ({ untilMs }: BudgetOrder, nowMs: number): boolean =>
  untilMs !== null && untilMs <= nowMs;

function isPriority({ priority }: BudgetOrder, { agent, isp, address }: BudgetClient): boolean {
  if (priority === undefined) return false;
  if (agent !== undefined && priority.agents.includes(agent)) return true;
  if (isp !== null && priority.isps.includes(isp)) return true;
  if (address === undefined || priority.prefixes.length === 0) return false;
  const parsed = parseAddress(address);
  return priority.prefixes.some((prefix) => inPrefix(parsed, parsePrefix(prefix)));
}
