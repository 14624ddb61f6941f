import { randomBytes } from 'node:crypto';
import type { Budget } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { formatBytes, formatTable, parseByteSize, printJson } from '@fairhop/shared/service';
import { exact, instantText, writeLine } from './print.js';
import { askAccounting, type ServiceOptions } from './service-client.js';

interface BudgetOptions extends ServiceOptions {
  readonly owner: string;
  readonly limit: string;
  readonly webhook: string;
  readonly period: Budget['period'];
  readonly timeZone: string;
  readonly steps: number[];
  readonly secret?: string;
}

export async function setBudget(id: string, options: BudgetOptions): Promise<void> {
  const secret = options.secret ?? `whsec_${randomBytes(32).toString('base64')}`;
  const body = {
    owner: options.owner.toLowerCase(),
    limitBytes: parseByteSize(options.limit),
    period: options.period,
    timeZone: options.timeZone,
    stepsPercent: options.steps,
    webhook: { url: options.webhook, secret },
  };
  const budget = await askAccounting(options, (client) => client.putBudget({ params: { id }, body }));
  const isNew = options.secret === undefined;
  if (options.json) {
    printJson(isNew ? { ...budget, webhookSecret: secret } : budget);
    return;
  }
  const { owner, limitBytes, period, timeZone, stepsPercent, usedBytes } = budget;
  writeLine(
    `Budget ${id}: ${owner} may use ${formatBytes(limitBytes)} ${period === 'total' ? 'in total' : `a ${period}`} (${timeZone}), told at ${stepsPercent.join(' %, ')} %; ${formatBytes(usedBytes)} used so far.`,
  );
  if (usedBytes === 0 && !(await hasTraffic(owner, options)))
    process.stderr.write(
      `fairhop: nothing was booked for owner ${owner} so far; check the spelling if that is not expected\n`,
    );
  if (isNew) writeLine(`Webhooks are signed with ${secret} (shown only now; the receiver checks with it).`);
}

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
  const { budgets } = await askAccounting(options, (client) => client.listBudgets({}));
  if (options.json) printJson(budgets);
  else if (budgets.length === 0) writeLine('No budgets are set.');
  else {
    writeLine(
      formatTable(
        [
          { header: 'budget', cell: ({ id }) => id },
          { header: 'owner', cell: ({ owner }) => owner },
          { header: 'period', cell: ({ period }) => period },
          { header: 'limit', cell: ({ limitBytes }) => formatBytes(limitBytes), align: 'right' },
          { header: 'used', cell: ({ usedBytes }) => formatBytes(usedBytes), align: 'right' },
          {
            header: 'used %',
            cell: ({ usedBytes, limitBytes }) => ((usedBytes / limitBytes) * 100).toFixed(1),
            align: 'right',
          },
          { header: 'steps', cell: ({ stepsPercent }) => stepsPercent.map((step) => `${step} %`).join(', ') },
          { header: 'webhook', cell: ({ webhookUrl }) => webhookUrl },
        ],
        budgets,
      ),
    );
  }
}

export async function removeBudget(id: string, options: ServiceOptions): Promise<void> {
  const removed = await askAccounting(options, (client) => client.removeBudget({ params: { id } }));
  if (options.json) printJson(removed);
  else writeLine(`Budget ${id} is removed.`);
}

export async function listAlerts(options: ServiceOptions & { readonly budget?: string }): Promise<void> {
  const query = options.budget === undefined ? {} : { budget: options.budget };
  const { alerts } = await askAccounting(options, (client) => client.listAlerts({ query }));
  if (options.json) printJson(alerts);
  else if (alerts.length === 0) writeLine('No step of a budget was reached yet.');
  else {
    writeLine(
      formatTable(
        [
          { header: 'budget', cell: ({ budget }) => budget },
          { header: 'step', cell: ({ stepPercent }) => `${stepPercent} %`, align: 'right' },
          { header: 'at bytes', cell: ({ thresholdBytes }) => exact(thresholdBytes), align: 'right' },
          { header: 'used bytes', cell: ({ usedBytes }) => exact(usedBytes), align: 'right' },
          { header: 'reached', cell: ({ crossedMs }) => instantText(crossedMs) },
          { header: 'delivered', cell: ({ deliveredMs }) => instantText(deliveredMs) },
          { header: 'attempts', cell: ({ attempts }) => exact(attempts), align: 'right' },
          { header: 'last error', cell: ({ lastError }) => lastError ?? '-' },
        ],
        alerts,
      ),
    );
  }
}
