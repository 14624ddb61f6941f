import { setTimeout as sleep } from 'node:timers/promises';
import { type Delivered, startDownloads } from './downloads.js';
import { bookedTransfers, readLedgerFile, receiptedRows, signedBytes } from './ledger-reading.js';
import { type CrashNetwork, persist, startCrashNetwork } from './network.js';
import { createObserver, type Observer } from './observer.js';
import { type Kill, killSchedule } from './schedule.js';
import type { AgentVictim } from './service-process.js';
import { judge, type Verdict } from './verdict.js';
import { readOutbox } from './witness.js';

/** Starts of an agent, after all killing, until it has nothing more to report. */
const MAX_LAST_STARTS = 5;

export interface CrashOptions {
  readonly seed: number;
  readonly kills: number;
  readonly agents: number;
}

export interface CrashReport extends Verdict {
  readonly kills: { readonly accounting: number; readonly coordinator: number; readonly agents: number };
  readonly takenBackBytes: number;
  readonly transfers: number;
  readonly rejections: number;
  readonly contradictions: number;
  readonly edgeBytes: number;
  readonly filesDelivered: number;
  readonly filesWrong: number;
  /** What breaks the ledger, if anything does. */
  readonly auditBreak: string | null;
}

/**
 * Kills agents, coordinator and accounting with SIGKILL at random while agents download from the edge and each other, lets all
 * come to rest, and holds the ledger against the signed receipts. What is killed when follows from the seed.
 */
export async function runCrashTest({ seed, kills, agents }: CrashOptions): Promise<CrashReport> {
  const network = await startCrashNetwork(agents);
  try {
    const observer = createObserver(network.ledgerFile);
    const witnessedBytes = new Map<string, number>();
    const downloads = startDownloads(network);
    const schedule = killSchedule(seed, kills, agents);
    for (const kill of schedule) await carryOut(kill, network, observer, witnessedBytes);
    const delivered = await downloads.finish();
    for (const agent of network.agents) await bringToRest(agent, witnessedBytes);
    return {
      kills: countKills(schedule),
      ...(await report(network, observer, witnessedBytes, delivered)),
    };
  } finally {
    await network.close();
  }
}

async function carryOut(
  { pauseMs, victim }: Kill,
  { accounting, coordinator, agents }: CrashNetwork,
  observer: Observer,
  witnessedBytes: Map<string, number>,
): Promise<void> {
  await sleep(pauseMs);
  observer.look();
  if (typeof victim === 'number') {
    const agent = agents[victim]!;
    await agent.kill();
    await witness(agent, witnessedBytes);
    agent.start();
    return;
  }
  const service = victim === 'accounting' ? accounting : coordinator;
  await service.kill();
  observer.look();
  service.start();
}

/** Notes what a killed agent's disk says it has receipted; gives how many reports wait there. */
async function witness(agent: AgentVictim, witnessedBytes: Map<string, number>): Promise<number> {
  const { receiptedBytes, waitingMessages } = await readOutbox(agent.dataDirectory);
  for (const [transferId, bytes] of receiptedBytes)
    witnessedBytes.set(transferId, Math.max(bytes, witnessedBytes.get(transferId) ?? 0));
  return waitingMessages;
}

/** Ends an agent in order, as often as it takes until accounting has all of its reports. */
async function bringToRest(agent: AgentVictim, witnessedBytes: Map<string, number>): Promise<void> {
  for (let starts = 0; starts < MAX_LAST_STARTS; starts++) {
    await agent.ready;
    await agent.stop();
    if ((await witness(agent, witnessedBytes)) === 0) return;
    agent.start();
  }
  throw new Error(`${agent.name} cannot report what it has`);
}

async function report(
  { accountingClient, servedByEdge, ledgerFile }: CrashNetwork,
  observer: Observer,
  witnessedBytes: ReadonlyMap<string, number>,
  delivered: readonly Delivered[],
): Promise<Omit<CrashReport, 'kills'>> {
  const ask = async (body: object): Promise<number> => {
    const { value } = await accountingClient.query({ body: { measure: 'bytes', ...body } });
    return value ?? 0;
  };
  // The edge counts what it sent, and is never killed.
  let edgeBytes = 0;
  const [servedBytes, bookedBytes] = await persist(async () => {
    const served = await servedByEdge();
    edgeBytes = await ask({ kind: 'edge-to-client' });
    if (edgeBytes < served)
      throw new Error(`the edge sent ${served} bytes, of which ${edgeBytes} are booked`);
    return [served, edgeBytes] as const;
  });
  observer.look();
  const evidence = readLedgerFile(ledgerFile, (database) => ({
    transfers: bookedTransfers(database),
    rows: receiptedRows(database),
    signedBytes: signedBytes(database),
  }));
  const verdict = judge({ ...evidence, witnessedBytes, seen: observer.highest });
  // Each verified byte of a file that is whole came in a transfer that is booked.
  let missingBytes = 0;
  for (const { agent, title } of delivered) {
    const destinationHost = `host:${(await agent.ready).agent}`;
    const received = await ask({ title: title.id, destinationHost });
    missingBytes += Math.max(0, title.bytes.length - received);
  }
  const settledByQuery = await ask({ belief: 'settled' });
  const audit = await accountingClient.audit({});
  const { total: rejections } = await accountingClient.listRejections({ query: {} });
  const { contradictions } = await accountingClient.listContradictions({ query: {} });
  return {
    ...verdict,
    lostBytes: verdict.lostBytes + missingBytes + Math.max(0, verdict.settledBytes - settledByQuery),
    doubledBytes:
      verdict.doubledBytes +
      Math.max(0, bookedBytes - servedBytes) +
      Math.max(0, settledByQuery - verdict.settledBytes),
    takenBackBytes: observer.takenBackBytes,
    transfers: evidence.transfers.length,
    rejections,
    contradictions: contradictions.length,
    edgeBytes,
    filesDelivered: delivered.length,
    filesWrong: delivered.filter(({ isRight }) => !isRight).length,
    auditBreak: audit.firstBreak,
  };
}

function countKills(schedule: readonly Kill[]): CrashReport['kills'] {
  const of = (service: Kill['victim']): number => schedule.filter(({ victim }) => victim === service).length;
  const [accounting, coordinator] = [of('accounting'), of('coordinator')];
  return { accounting, coordinator, agents: schedule.length - accounting - coordinator };
}
