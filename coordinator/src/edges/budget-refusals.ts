import type { EdgeBudgets, EdgeTransfer } from '@fairhop/shared/contract';
import type { TransferId } from '@fairhop/shared/model';
import type { BudgetActions } from '../budget-actions/index.js';
import type { TitleCatalogue } from '../catalog/index.js';
import type { Policies } from '../policy/index.js';

export interface BudgetRefusalsDependencies {
  readonly budgets: Pick<BudgetActions, 'refusingOwners' | 'refusalOfRunning'>;
  readonly catalogue: Pick<TitleCatalogue, 'title'>;
  readonly policies: Pick<Policies, 'placeOf'>;
}

/** What an edge is told that told of its transfers; undefined while no budget keeps anybody away. */
export async function budgetRefusals(
  transfers: readonly EdgeTransfer[],
  { budgets, catalogue, policies }: BudgetRefusalsDependencies,
): Promise<EdgeBudgets | undefined> {
  const owners = budgets.refusingOwners();
  if (owners.size === 0) return undefined;
  const refusals = new Map<string, { code: string; message: string; transfers: TransferId[] }>();
  const concerned = transfers.filter(({ title }) => owners.has(ownerOf(title)));
  const places = await Promise.all(concerned.map(({ clientAddress }) => policies.placeOf(clientAddress)));
  for (const [index, { transferId, title: id, client, clientAddress: address }] of concerned.entries()) {
    const { isp } = places[index]!;
    const owner = ownerOf(id);
    const category = catalogue.title(id)?.category ?? '';
    const who = { ...(client !== undefined && { agent: client }), isp, address };
    const refusal = budgets.refusalOfRunning({ id, owner, category }, who);
    if (refusal === undefined) continue;
    const { code, message } = refusal.error;
    const same = refusals.get(message);
    if (same === undefined) refusals.set(message, { code, message, transfers: [transferId] });
    else same.transfers.push(transferId);
  }
  return { owners: [...owners], refusals: [...refusals.values()] };
}

const ownerOf = (titleId: string): string => titleId.split('/', 1)[0]!;
