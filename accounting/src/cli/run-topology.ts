import { readFile } from 'node:fs/promises';
import type { DeclaredTopology, ListedTopology } from '@fairhop/shared/contract';
import { FairhopError, type TopologyInput } from '@fairhop/shared/model';
import { formatTable, printJson } from '@fairhop/shared/service';
import { counted, instantText, writeLine } from './print.js';
import { askAccounting, type ServiceOptions } from './service-client.js';

/** A declaration may have 4 MiB, is compared with all prefixes of the AS graph, and may wait for others. */
const PUT_TIMEOUT_MS = 120_000;

export async function putTopology(
  isp: string,
  file: string,
  options: ServiceOptions & { readonly from?: number },
): Promise<void> {
  const body = await readTopology(file);
  const query = options.from === undefined ? {} : { validFromMs: options.from };
  const params = { isp: isp.toLowerCase() };
  const declared = await askAccounting(options, (client) =>
    client.putTopology({ params, query, body }, { timeoutMs: PUT_TIMEOUT_MS }),
  );
  if (options.json) printJson(declared);
  else writeLine(topologyText(declared));
}

/** Its shape is the service's to check, so that every way in has one set of rules. */
async function readTopology(file: string): Promise<TopologyInput> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as TopologyInput;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `topology file ${file} cannot be used (${reason}); a readable JSON file is right`;
    throw new FairhopError('topology-unreadable', message, { status: 400, cause });
  }
}

export async function showTopology(
  isp: string,
  options: ServiceOptions & { readonly at?: number },
): Promise<void> {
  const query = options.at === undefined ? {} : { atMs: options.at };
  const params = { isp: isp.toLowerCase() };
  const declared = await askAccounting(options, (client) => client.getTopology({ params, query }));
  if (options.json) printJson(declared);
  else writeLine(topologyText(declared));
}

function topologyText({ topology, refused, conflicts, ...version }: DeclaredTopology): string {
  const { nodes, internalLinks, peeringLinks, attachments } = topology;
  const routers = nodes.filter(({ kind }) => kind === 'router').length;
  const counts = [
    counted(routers, 'router'),
    nodes.length - routers === 1 ? '1 switch' : `${nodes.length - routers} switches`,
    counted(internalLinks.length, 'internal link'),
    counted(peeringLinks.length, 'peering link'),
    counted(attachments.length, 'attached prefix').replace(/prefixs$/, 'prefixes'),
  ];
  const until = version.validToMs === null ? '' : ` to ${instantText(version.validToMs)}`;
  return [
    `Version ${version.version} of ${version.isp}, in force from ${instantText(version.validFromMs)}${until}, declared by ${version.declaredBy}`,
    counts.join(', '),
    ...remarksText('Does not count:', refused),
    ...remarksText('Kept, but BGP and the AS graph are believed:', conflicts),
  ].join('\n');
}

const remarksText = (title: string, remarks: DeclaredTopology['refused']): string[] =>
  remarks.length === 0
    ? []
    : ['', title, ...remarks.map(({ what, code, message }) => `  ${what}: ${message} [${code}]`)];

export async function withdrawTopology(isp: string, version: string, options: ServiceOptions): Promise<void> {
  const params = { isp: isp.toLowerCase(), version };
  const { withdrawn } = await askAccounting(options, (client) => client.withdrawTopology({ params }));
  if (options.json) printJson(withdrawn);
  else
    writeLine(
      `Version ${withdrawn.version} of ${withdrawn.isp}, which was to begin at ${instantText(withdrawn.validFromMs)}, is withdrawn.`,
    );
}

export async function listTopologies(
  isp: string,
  options: ServiceOptions & { readonly limit?: number; readonly before?: number },
): Promise<void> {
  const params = { isp: isp.toLowerCase() };
  const query = {
    ...(options.limit !== undefined && { limit: options.limit }),
    ...(options.before !== undefined && { beforeVersion: options.before }),
  };
  const { topologies } = await askAccounting(options, (client) => client.listTopologies({ params, query }));
  if (options.json) printJson(topologies);
  else if (topologies.length === 0)
    writeLine(`ISP ${params.isp} declared nothing${query.beforeVersion === undefined ? '' : ' before'}.`);
  else writeLine(listText(topologies));
}

const listText = (topologies: readonly ListedTopology[]): string =>
  formatTable(
    [
      { header: 'version', cell: ({ version }) => String(version), align: 'right' },
      { header: 'from', cell: ({ validFromMs }) => instantText(validFromMs) },
      { header: 'to', cell: ({ validToMs }) => instantText(validToMs) },
      { header: 'declared', cell: ({ declaredMs }) => instantText(declaredMs) },
      { header: 'by', cell: ({ declaredBy }) => declaredBy },
      { header: 'not counted', cell: ({ refusedCount }) => String(refusedCount), align: 'right' },
      { header: 'conflicts', cell: ({ conflictCount }) => String(conflictCount), align: 'right' },
    ],
    topologies,
  );
