import { randomBytes } from 'node:crypto';
import type { Budget, BudgetStep } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { formatBytes, formatTable, parseByteSize, printJson } from '@fairhop/shared/service';
import { presentOf } from './budget-options.js';
import { writeLine } from './print.js';
import { type AccountingClient, askAccounting, type ServiceOptions } from './service-client.js';

interface BudgetOptions extends ServiceOptions {
  readonly owner: string;
  readonly title?: string;
  readonly category?: string;
  readonly kind?: Budget['kind'];
  readonly leaves?: string;
  readonly enters?: string;
  readonly crosses?: string[];
  readonly limit: string;
  readonly period: Budget['period'];
  readonly timeZone: string;
  readonly direction: Budget['direction'];
  readonly basis: Budget['basis'];
  readonly steps?: number[];
  readonly step?: BudgetStep[];
  readonly hysteresis: number;
  readonly offPeak?: { from: string; to: string };
  readonly priorityIsp?: string[];
  readonly priorityPrefix?: string[];
  readonly priorityAgent?: string[];
  readonly webhook?: string;
  readonly email?: string[];
  readonly secret?: string;
}

type Body = Parameters<AccountingClient['putBudget']>[0]['body'];

export async function setBudget(id: string, options: BudgetOptions): Promise<void> {
  const secret = options.secret ?? `whsec_${randomBytes(32).toString('base64')}`;
  const body = bodyOf(options, secret);
  const budget = await askAccounting(options, (client) => client.putBudget({ params: { id }, body }));
  const isNew = options.webhook !== undefined && options.secret === undefined;
  if (options.json) {
    printJson(isNew ? { ...budget, webhookSecret: secret } : budget);
    return;
  }
  const { owner, limitBytes, period, timeZone, usedBytes } = budget;
  const use = budget.direction === 'above' ? 'may use' : 'is to use';
  writeLine(
    `Budget ${id}: ${budget.title ?? owner} ${use} ${formatBytes(limitBytes)} ${period === 'total' ? 'in total' : `a ${period}`} (${timeZone}), told at ${stepsText(budget)}; ${knownBytes(usedBytes)} used so far.`,
  );
  if (usedBytes === 0 && !(await hasTraffic(owner, options)))
    process.stderr.write(
      `fairhop: nothing was booked for owner ${owner} so far; check the spelling if that is not expected\n`,
    );
  if (isNew) writeLine(`Webhooks are signed with ${secret} (shown only now; the receiver checks with it).`);
}

function bodyOf(options: BudgetOptions, secret: string): Body {
  const { title, category, kind, leaves, enters, crosses, email, webhook } = options;
  const { priorityIsp: isps, priorityPrefix: prefixes, priorityAgent: agents } = options;
  const hasPriority = [isps, prefixes, agents].some((list) => list !== undefined);
  return {
    owner: options.owner.toLowerCase(),
    ...presentOf({ title: title?.toLowerCase(), category, kind, leaves, enters, crosses, email }),
    limitBytes: parseByteSize(options.limit),
    period: options.period,
    timeZone: options.timeZone,
    direction: options.direction,
    basis: options.basis,
    hysteresisPercent: options.hysteresis,
    ...presentOf({
      stepsPercent: options.steps,
      steps: options.step,
      offPeakHours: options.offPeak,
      priority: hasPriority ? presentOf({ isps, prefixes, agents }) : undefined,
      webhook: webhook === undefined ? undefined : { url: webhook, secret },
    }),
  };
}

const knownBytes = (bytes: number | null): string => (bytes === null ? 'unknown' : formatBytes(bytes));

const stepsText = ({ steps, direction }: { steps: readonly BudgetStep[]; direction: string }): string =>
  steps
    .map(({ percent, action }) => `${percent} %${action === undefined ? '' : ` (${action})`}`)
    .join(', ')
    .concat(direction === 'below' ? ' or less' : '');

/** Accounting knows an owner from its first booked byte on. */
const hasTraffic = (owner: string, options: ServiceOptions): Promise<boolean> =>
  askAccounting(options, (client) => client.query({ body: { measure: 'bytes', owner } })).then(
    () => true,
    (error: unknown) => {
      if (error instanceof FairhopError && error.code === 'owner-unknown') return false;
      throw error;
    },
  );

export async function listBudgets(options: ServiceOptions): Promise<void> {
  const { budgets, actions } = await askAccounting(options, (client) => client.listBudgets({}));
  if (options.json) printJson(budgets);
  else if (budgets.length === 0) writeLine('No budgets are set.');
  else {
    writeLine(
      formatTable(
        [
          { header: 'budget', cell: ({ id }) => id },
          { header: 'owner', cell: ({ owner, title }) => title ?? owner },
          { header: 'period', cell: ({ period }) => period },
          {
            header: 'limit',
            cell: ({ limitBytes, direction }) =>
              `${direction === 'below' ? 'at least ' : ''}${formatBytes(limitBytes)}`,
            align: 'right',
          },
          { header: 'used', cell: ({ usedBytes }) => knownBytes(usedBytes), align: 'right' },
          {
            header: 'used %',
            cell: ({ usedBytes, limitBytes }) =>
              usedBytes === null ? undefined : ((usedBytes / limitBytes) * 100).toFixed(1),
            align: 'right',
          },
          { header: 'claimed', cell: ({ pendingBytes }) => knownBytes(pendingBytes), align: 'right' },
          {
            header: 'forecast',
            cell: ({ basis, forecastBytes }) => (basis === 'forecast' ? knownBytes(forecastBytes) : '-'),
            align: 'right',
          },
          { header: 'steps', cell: stepsText },
          { header: 'reached', cell: ({ activeSteps }) => activeSteps.map((step) => `${step} %`).join(', ') },
          {
            header: 'told',
            cell: ({ webhookUrl, email }) => [webhookUrl ?? [], email ?? []].flat().join(', '),
          },
        ],
        budgets,
      ),
    );
    for (const { id, error } of budgets)
      if (error !== null) writeLine(`What is used of ${id} is not known now: ${error.message}`);
    if (actions.inForce !== undefined && actions.inForce > 0)
      writeLine(
        actions.isTaken
          ? `${actions.inForce} steps act, and the coordinator obeys.`
          : `${actions.inForce} steps act, and the coordinator has not taken it yet: ${actions.lastError ?? 'it is being told'}`,
      );
  }
}

export async function removeBudget(id: string, options: ServiceOptions): Promise<void> {
  const removed = await askAccounting(options, (client) => client.removeBudget({ params: { id } }));
  if (options.json) printJson(removed);
  else writeLine(`Budget ${id} is removed.`);
}
