import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { accountingConfigSchema, createAccountingService } from '@fairhop/accounting';
import { coordinatorConfigSchema, createCoordinator } from '@fairhop/coordinator';
import { createEdge, edgeConfigSchema } from '@fairhop/edge';
import { coordinatorEndpoints, createClient, createHttpClient } from '@fairhop/shared/contract';
import { createFileAtomic, createLog, type LogLevel, readOrCreateSecretFile } from '@fairhop/shared/service';

const EMPTY_AS_GRAPH = { version: 1, isps: [], ases: [], prefixes: [], links: [] };
const EDGE_ID = 'edge';

export interface AllInOneConfig {
  readonly dataDirectory: string;
  readonly host: string;
  readonly coordinatorPort: number;
  readonly accountingPort: number;
  readonly edgePort: number;
  /** By default an empty graph in the data directory, to be filled in; it knows no ISP, so nobody may upload. */
  readonly asGraphFile?: string;
  /** Files of titles whose origin is a directory; by default `origin` in the data directory. */
  readonly originDirectory?: string;
  readonly edgeRateBitsPerSecond?: number;
  readonly edgeMaxPartMs?: number;
  readonly logLevel: LogLevel;
}

export interface AllInOne {
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly coordinatorUrl: string;
  readonly accountingUrl: string;
  readonly edgeUrl: string;
  readonly operatorToken: string;
  readonly operatorTokenFile: string;
  readonly originDirectory: string;
}

/** Coordinator, accounting and one edge in this process, each with a folder of its own in one data directory. */
export const createAllInOne = (config: AllInOneConfig): AllInOne => {
  const inDirectory = (name: string): string => join(config.dataDirectory, name);
  const asGraphFile = config.asGraphFile ?? inDirectory('as-graph.json');
  const originDirectory = config.originDirectory ?? inDirectory('origin');
  const operatorTokenFile = inDirectory('operator.token');
  const coordinatorUrl = `http://${config.host}:${config.coordinatorPort}`;
  const accountingUrl = `http://${config.host}:${config.accountingPort}`;
  const running: { stop(): Promise<void> }[] = [];
  let operatorToken = '';
  let edgeUrl = '';

  const log = (name: string) => createLog({ name, level: config.logLevel });

  const startEdge = async (): Promise<void> => {
    const http = createHttpClient();
    let joinToken: string;
    try {
      const operator = createClient(coordinatorEndpoints, {
        http,
        baseUrl: coordinatorUrl,
        token: operatorToken,
      });
      ({ joinToken } = await operator.createJoinToken({}));
    } finally {
      await http.close();
    }
    const edge = createEdge(
      edgeConfigSchema.parse({
        id: EDGE_ID,
        host: config.host,
        port: config.edgePort,
        dataDirectory: inDirectory('edge'),
        originDirectory,
        coordinatorUrl,
        joinToken,
        rateBitsPerSecond: config.edgeRateBitsPerSecond,
        maxPartMs: config.edgeMaxPartMs,
      }),
      { log: log('edge') },
    );
    await edge.start();
    running.push(edge);
    edgeUrl = edge.url;
  };

  const stop = async (): Promise<void> => {
    for (const service of running.splice(0).reverse()) await service.stop();
  };

  const start = async (): Promise<void> => {
    await mkdir(originDirectory, { recursive: true });
    operatorToken = await readOrCreateSecretFile(operatorTokenFile);
    if (config.asGraphFile === undefined)
      await createFileAtomic(asGraphFile, `${JSON.stringify(EMPTY_AS_GRAPH, null, 2)}\n`);
    const coordinator = createCoordinator(
      coordinatorConfigSchema.parse({
        host: config.host,
        port: config.coordinatorPort,
        dataDirectory: inDirectory('coordinator'),
        asGraphFile,
        accountingUrl,
        operatorToken,
      }),
      { log: log('coordinator') },
    );
    await coordinator.start();
    running.push(coordinator);
    const accounting = createAccountingService(
      accountingConfigSchema.parse({
        host: config.host,
        port: config.accountingPort,
        dataDirectory: inDirectory('accounting'),
        asGraphFile,
        coordinatorUrl,
        operatorToken,
      }),
      { log: log('accounting') },
    );
    await accounting.start();
    running.push(accounting);
    await startEdge();
  };

  return {
    start: () =>
      start().catch(async (error: unknown) => {
        await stop().catch(() => undefined);
        throw error;
      }),
    stop,
    coordinatorUrl,
    accountingUrl,
    get edgeUrl() {
      return edgeUrl;
    },
    get operatorToken() {
      return operatorToken;
    },
    operatorTokenFile,
    originDirectory,
  };
};
