import type { Alert, ShownNotice } from '@fairhop/shared/contract';
import { formatTable, printJson } from '@fairhop/shared/service';
import { exact, instantText, writeLine } from './print.js';
import { askAccounting, type ServiceOptions } from './service-client.js';

interface AlertOptions extends ServiceOptions {
  readonly budget?: string;
  readonly state?: Alert['state'];
}

export async function listAlerts({ budget, state, ...options }: AlertOptions): Promise<void> {
  const query = { ...(budget !== undefined && { budget }), ...(state !== undefined && { state }) };
  const { alerts, notices } = await askAccounting(options, (client) => client.listAlerts({ query }));
  if (options.json) printJson([...alerts, ...notices]);
  else if (alerts.length + notices.length === 0)
    writeLine(state === undefined ? 'No step of a budget was reached yet.' : `No alert is ${state}.`);
  else {
    if (alerts.length > 0) printAlerts(alerts);
    if (notices.length > 0) printNotices(notices);
  }
}

function printAlerts(alerts: readonly Alert[]): void {
  writeLine(
    formatTable(
      [
        { header: 'budget', cell: ({ budget: id }) => id },
        { header: 'step', cell: ({ stepPercent }) => `${stepPercent} %`, align: 'right' },
        { header: 'what', cell: ({ kind, action }) => (action === null ? kind : `${kind}: ${action}`) },
        { header: 'at bytes', cell: ({ thresholdBytes }) => exact(thresholdBytes), align: 'right' },
        { header: 'used bytes', cell: ({ usedBytes }) => exact(usedBytes), align: 'right' },
        { header: 'found', cell: ({ crossedMs }) => instantText(crossedMs) },
        { header: 'state', cell: stateText },
        { header: 'attempts', cell: ({ attempts }) => exact(attempts), align: 'right' },
        { header: 'last error', cell: ({ lastError }) => lastError ?? '-' },
        { header: 'id', cell: ({ id }) => id },
      ],
      alerts,
    ),
  );
}

function printNotices(notices: readonly ShownNotice[]): void {
  writeLine(
    formatTable(
      [
        { header: 'schedule', cell: ({ schedule }) => schedule },
        { header: 'query', cell: ({ savedQuery }) => savedQuery },
        { header: 'result', cell: ({ value }) => exact(value), align: 'right' },
        {
          header: 'told',
          cell: ({ direction, threshold }) => `${direction} ${exact(threshold)}`,
          align: 'right',
        },
        { header: 'of', cell: ({ dueMs }) => instantText(dueMs) },
        { header: 'state', cell: stateText },
        { header: 'attempts', cell: ({ attempts }) => exact(attempts), align: 'right' },
        { header: 'last error', cell: ({ lastError }) => lastError ?? '-' },
        { header: 'id', cell: ({ id }) => id },
      ],
      notices,
    ),
  );
}

const stateText = ({ state, deliveredMs }: Pick<Alert, 'state' | 'deliveredMs'>): string =>
  state === 'delivered' ? `delivered ${instantText(deliveredMs)}` : state;

export async function retryAlert(id: string, options: ServiceOptions): Promise<void> {
  const alert = await askAccounting(options, (client) => client.retryAlert({ params: { id } }));
  if (options.json) printJson(alert);
  else writeLine(`Alert ${id} is sent again.`);
}
