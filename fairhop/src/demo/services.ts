import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '@fairhop/shared/service';
import { type AllInOne, type AllInOneConfig, createAllInOne } from '../up/all-in-one.js';
import { asGraph, CDN_ADDRESS } from './topology.js';

/** Coordinator, accounting and the CDN's edge for the demo's internet, on free ports. */
export const startServices = async (
  directory: string,
  settings: Pick<AllInOneConfig, 'edgeRateBitsPerSecond' | 'edgeMaxPartMs' | 'accountingClock'>,
): Promise<AllInOne> => {
  const asGraphFile = join(directory, 'as-graph.json');
  await writeFile(asGraphFile, JSON.stringify(asGraph, null, 2));
  const [coordinatorPort, accountingPort, edgePort] = (await freePorts(CDN_ADDRESS, 3)) as [
    number,
    number,
    number,
  ];
  const all = createAllInOne({
    dataDirectory: join(directory, 'services'),
    host: CDN_ADDRESS,
    coordinatorPort,
    accountingPort,
    edgePort,
    asGraphFile,
    logLevel: 'warn',
    ...settings,
  });
  await all.start();
  return all;
};
