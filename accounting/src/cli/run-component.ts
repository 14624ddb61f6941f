import type { Component, ComponentOwner } from '@fairhop/shared/contract';
import type { ComponentKind } from '@fairhop/shared/model';
import { formatBitRate, formatTable, printJson } from '@fairhop/shared/service';
import { counted, describeBytes, exact, instantText, noteLines, writeLine } from './print.js';
import { askAccounting, type ServiceOptions } from './service-client.js';

interface PageOptions extends ServiceOptions {
  readonly limit?: number;
  readonly after?: string;
}

export async function showComponent(component: string, options: ServiceOptions): Promise<void> {
  const shown = await askAccounting(options, (client) => client.getComponent({ params: { component } }));
  if (options.json) printJson(shown);
  else writeLine(componentText(shown));
}

/** Parts that are listed for people; `--json` has all. */
const LISTED_PARTS = 50;

function componentText(component: Component): string {
  const { id, kind, owners, parts, partOf, objects, place, capacityBitsPerSecond } = component;
  const more = parts.length > LISTED_PARTS ? [`… and ${parts.length - LISTED_PARTS} more`] : [];
  const facts: [string, readonly string[]][] = [
    ['part of', partOf],
    ['place', place === null ? [] : [place]],
    ['capacity', capacityBitsPerSecond === null ? [] : [formatBitRate(capacityBitsPerSecond)]],
    [
      'carried',
      [
        `${describeBytes(component.bytes)} in ${counted(component.events, 'event')} on ${counted(component.paths, 'path')}`,
      ],
    ],
    ['billable', [describeBytes(component.billableBytes)]],
    ['objects', objects],
    ['parts', [...parts.slice(0, LISTED_PARTS), ...more]],
  ];
  const lines = facts.flatMap(([name, values]) =>
    values.map((value, index) => `${(index === 0 ? name : '').padEnd(10)}${value}`),
  );
  return [`${id} (${kind})`, ...lines, ...noteLines(component), '', ownersText(owners)].join('\n');
}

const ownersText = (owners: readonly ComponentOwner[]): string =>
  owners.length === 0
    ? 'Nobody is known who is paid for it.'
    : formatTable(
        [
          { header: 'paid is', cell: ({ owner }) => owner },
          { header: 'from', cell: ({ fromMs }) => (fromMs === 0 ? 'the beginning' : instantText(fromMs)) },
          { header: 'to', cell: ({ toMs }) => instantText(toMs) },
          { header: 'basis', cell: ({ basis }) => basis },
        ],
        owners,
      );

export async function listComponents(options: PageOptions & { readonly kind?: string }): Promise<void> {
  const query = {
    ...(options.kind !== undefined && { kind: options.kind.toLowerCase() as ComponentKind }),
    ...(options.after !== undefined && { after: options.after }),
    ...(options.limit !== undefined && { limit: options.limit }),
  };
  const { components, ...others } = await askAccounting(options, (client) =>
    client.listComponents({ query }),
  );
  if (options.json) {
    printJson(components);
    for (const line of noteLines(others)) process.stderr.write(`fairhop: ${line}\n`);
  } else if (components.length === 0) writeLine('No such component carried bytes.');
  else {
    writeLine(
      formatTable(
        [
          { header: 'component', cell: ({ id }) => id },
          { header: 'kind', cell: ({ kind }) => kind },
          { header: 'bytes', cell: ({ bytes }) => exact(bytes), align: 'right' },
        ],
        components,
      ),
    );
    for (const line of noteLines(others)) writeLine(line);
  }
}

export async function listRecords(component: string, options: PageOptions): Promise<void> {
  const query = {
    ...(options.after !== undefined && { afterId: options.after }),
    ...(options.limit !== undefined && { limit: options.limit }),
  };
  const { records } = await askAccounting(options, (client) =>
    client.listComponentRecords({ params: { component }, query }),
  );
  if (options.json) printJson(records);
  else if (records.length === 0) writeLine(`Nothing that is booked crossed ${component}.`);
  else {
    writeLine(
      formatTable(
        [
          { header: 'id', cell: ({ eventId }) => String(eventId), align: 'right' },
          { header: 'component', cell: (record) => record.component },
          { header: 'path', cell: ({ path }) => path?.slice(0, 'path:'.length + 12) },
          { header: 'owner', cell: ({ owner }) => owner },
          { header: 'bytes', cell: ({ bytes }) => exact(bytes), align: 'right' },
          { header: 'start', cell: ({ startMs }) => instantText(startMs) },
          { header: 'end', cell: ({ endMs }) => instantText(endMs) },
          { header: 'title', cell: ({ title }) => title },
        ],
        records,
      ),
    );
  }
}

export async function setOwner(
  component: string,
  owner: string,
  options: ServiceOptions & { readonly from?: number },
): Promise<void> {
  const body = { owner: owner.toLowerCase(), ...(options.from !== undefined && { fromMs: options.from }) };
  const { owners } = await askAccounting(options, (client) =>
    client.putComponentOwner({ params: { component }, body }),
  );
  if (options.json) printJson(owners);
  else writeLine(ownersText(owners));
}
