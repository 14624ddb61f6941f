import { readFile } from 'node:fs/promises';
import type { altoStateSchema } from '@fairhop/shared/contract';
import { altoCostMapSchema, altoNetworkMapSchema, FairhopError, fieldErrors } from '@fairhop/shared/model';
import type { z } from 'zod';
import { callAndPrint } from './call.js';
import type { CallOptions } from './command-kit.js';

export async function putAlto(
  isp: string,
  options: CallOptions & { networkMap: string; costMap: string },
): Promise<void> {
  const body = {
    networkMap: await readDocument('--network-map', options.networkMap, altoNetworkMapSchema),
    costMap: await readDocument('--cost-map', options.costMap, altoCostMapSchema),
  };
  await callAndPrint(options, (client) => client.putAlto({ params: { isp }, body }), stateText);
}

export async function putAltoUrl(
  isp: string,
  url: string,
  options: CallOptions & { costMap?: string },
): Promise<void> {
  const body = { url, ...(options.costMap !== undefined && { costMapUrl: options.costMap }) };
  await callAndPrint(options, (client) => client.putAltoUrl({ params: { isp }, body }), stateText);
}

export async function showAlto(isp: string, options: CallOptions): Promise<void> {
  await callAndPrint(options, (client) => client.getAlto({ params: { isp } }), stateText);
}

export async function removeAlto(isp: string, options: CallOptions): Promise<void> {
  await callAndPrint(
    options,
    (client) => client.removeAlto({ params: { isp } }),
    () => `the ALTO maps of ${isp} are removed; costs go by AS hops`,
  );
}

async function readDocument<Content>(
  option: string,
  file: string,
  schema: z.ZodType<Content>,
): Promise<Content> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `${option}: file ${file} is no readable JSON (${reason})`;
    throw new FairhopError('file-unusable', message, { status: 400, cause });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const told = fieldErrors(parsed.error).slice(0, 5);
  const where = told.map(({ path, message }) => `${path || 'the whole'}: ${message}`).join('; ');
  throw new FairhopError('alto-malformed', `${option}: file ${file}: ${where}`, { status: 400 });
}

function stateText(state: z.output<typeof altoStateSchema>): string {
  const { isp, tag, costMode, pids, prefixes, isInForce, confirmedMs, url, costMapUrl, failure } = state;
  const from =
    url === undefined ? 'given by call' : `from ${[url, costMapUrl].filter(Boolean).join(' and ')}`;
  const lines = [
    `${isp}: ${pids} PIDs with ${prefixes} prefixes, ${costMode} costs, version ${tag}, ${from}`,
    `${isInForce ? 'in force' : 'too old, costs go by AS hops'}; confirmed ${timeText(confirmedMs)}`,
  ];
  if (failure) lines.push(`not fetched ${timeText(failure.timeMs)}: ${failure.message} [${failure.code}]`);
  return lines.join('\n');
}

const timeText = (timeMs: number): string => `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
