import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { formatMrtRoute, readMrtRoutes } from '@fairhop/shared/net';
import { forEachConcurrently, runCommand } from '../build/run-command.js';
import type { LabReport } from '../measure/report.js';

/** Columns that are compared: all up to the multi-exit discriminator, and the path identifier where there is one. */
const COLUMNS = { TABLE_DUMP2: 11, TABLE_DUMP2_AP: 12 } as const;

/** Reads every dump with the product's reader and with bgpdump, and compares route by route. */
export async function mrtReport(directories: readonly string[]): Promise<LabReport['mrt']> {
  const files = await Promise.all(
    directories.map(async (directory) => (await readdir(directory)).map((name) => join(directory, name))),
  );
  const compared = await forEachConcurrently(files.flat(), async (file) => {
    const [own, reference] = [await ownRoutes(file), await bgpdumpRoutes(file)];
    return { routes: own.length, agree: own.join('\n') === reference.join('\n') };
  });
  return {
    dumps: compared.length,
    routes: compared.reduce((total, { routes }) => total + routes, 0),
    agree: compared.every(({ agree }) => agree),
  };
}

async function ownRoutes(file: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const route of readMrtRoutes(file)) lines.push(formatMrtRoute(route));
  return lines;
}

async function bgpdumpRoutes(file: string): Promise<string[]> {
  const output = await runCommand('bgpdump', ['-m', file]);
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const columns = line.split('|');
      return columns.slice(0, COLUMNS[columns[0] as keyof typeof COLUMNS]).join('|');
    });
}
