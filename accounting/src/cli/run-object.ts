import type { AccountingObject } from '@fairhop/shared/contract';
import { formatTable, printJson } from '@fairhop/shared/service';
import { counted, describeBytes, exact, instantText, noteLines, writeLine } from './print.js';
import { askAccounting, type ServiceOptions } from './service-client.js';

interface PutOptions extends ServiceOptions {
  readonly name: string;
  readonly component?: string[];
  readonly from?: number;
}

export async function putObject(id: string, options: PutOptions): Promise<void> {
  const { name, component: components = [], from } = options;
  const body = { name, components, ...(from !== undefined && { fromMs: from }) };
  const object = await askAccounting(options, (client) => client.putObject({ params: { id }, body }));
  print(object, options);
}

export async function showObject(id: string, options: ServiceOptions): Promise<void> {
  print(await askAccounting(options, (client) => client.getObject({ params: { id } })), options);
}

export async function closeObject(
  id: string,
  options: ServiceOptions & { readonly at?: number },
): Promise<void> {
  const query = options.at === undefined ? {} : { atMs: options.at };
  print(await askAccounting(options, (client) => client.closeObject({ params: { id }, query })), options);
}

function print(object: AccountingObject, { json }: ServiceOptions): void {
  if (json) {
    printJson(object);
    return;
  }
  const { id, name, createdMs, closedMs, entities } = object;
  const closed = closedMs === null ? '' : `, closed ${instantText(closedMs)}`;
  writeLine(`${id}: ${name} (made ${instantText(createdMs)}${closed})`);
  if (entities.length === 0) writeLine('No component carries it.');
  else {
    writeLine(
      formatTable(
        [
          { header: 'component', cell: ({ component }) => component },
          { header: 'from', cell: ({ fromMs }) => instantText(fromMs) },
          { header: 'to', cell: ({ toMs }) => instantText(toMs) },
        ],
        entities,
      ),
    );
  }
}

export async function listObjects(options: ServiceOptions & { readonly component?: string }): Promise<void> {
  const query = options.component === undefined ? {} : { component: options.component };
  const { objects } = await askAccounting(options, (client) => client.listObjects({ query }));
  if (options.json) printJson(objects);
  else if (objects.length === 0) writeLine('There are no accounting objects.');
  else {
    writeLine(
      formatTable(
        [
          { header: 'object', cell: ({ id }) => id },
          { header: 'name', cell: ({ name }) => name },
          { header: 'made', cell: ({ createdMs }) => instantText(createdMs) },
          { header: 'closed', cell: ({ closedMs }) => instantText(closedMs) },
          {
            header: 'components',
            cell: ({ entities }) => exact(entities.filter(({ toMs }) => toMs === null).length),
            align: 'right',
          },
        ],
        objects,
      ),
    );
  }
}

export async function measureObject(
  id: string,
  options: ServiceOptions & { readonly from?: number; readonly to?: number },
): Promise<void> {
  const query = {
    ...(options.from !== undefined && { fromMs: options.from }),
    ...(options.to !== undefined && { toMs: options.to }),
  };
  const sum = await askAccounting(options, (client) => client.measureObject({ params: { id }, query }));
  if (options.json) printJson(sum);
  else
    writeLine(
      [`${describeBytes(sum.bytes)} in ${counted(sum.events, 'event')}`, ...noteLines(sum)].join('\n'),
    );
}
