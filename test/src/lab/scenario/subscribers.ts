import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AgentStatus, type ControlClient, createControlClient } from '@fairhop/client-agent';
import { forEachConcurrently } from '../build/run-command.js';
import { type Host, type Internet, networkOf } from '../internet-model.js';
import { FAIRHOP, startInNamespace } from './namespace-process.js';
import { PART_MS, UPLOAD_BITS_PER_SECOND } from './settings.js';
import { waitUntil } from './wait-until.js';

const ONLINE_TIMEOUT_MS = 90_000;

/** A subscriber's machine with its background agent. */
export interface Subscriber {
  readonly host: Host;
  readonly isp: string;
  /** Of its agent: the host in the ledger is `host:<key>`. */
  readonly key: string;
  readonly control: ControlClient;
  /** Ends the agent in order: what it has to report is reported. */
  stop(): Promise<void>;
}

export interface SubscribersConfig {
  readonly internet: Internet;
  readonly directory: string;
  readonly coordinatorUrl: string;
  readonly signal: AbortSignal;
}

/** Starts `fairhop agent` for every subscriber of the internet; resolves when all are in session. */
export async function startSubscribers(
  { internet, directory, coordinatorUrl, signal }: SubscribersConfig,
  undo: (() => Promise<unknown>)[],
): Promise<Subscriber[]> {
  const stun = internet.hosts
    .filter(({ role }) => role === 'infrastructure')
    .flatMap(({ furtherAddresses }) => furtherAddresses)
    .map((address) => `stun:${address}:${internet.ports.stun[0]}`);
  const hosts = internet.hosts.filter(({ role }) => role === 'subscriber');
  return forEachConcurrently(hosts, async (host) => {
    const dataDirectory = join(directory, host.name);
    const file = join(directory, `${host.name}.json`);
    await writeFile(
      file,
      JSON.stringify({
        coordinatorUrl,
        dataDirectory,
        iceServers: stun,
        consent: true,
        uploadRateBitsPerSecond: UPLOAD_BITS_PER_SECOND,
        maxPartMs: PART_MS,
      }),
    );
    const agent = startInNamespace({
      name: host.name,
      node: host.name,
      words: [FAIRHOP, 'agent', '--json', '--config', file],
      environment: { HOME: dataDirectory },
      logFile: join(directory, `${host.name}.log`),
    });
    undo.push(agent.stop);
    const control = createControlClient(dataDirectory);
    const status = (): Promise<AgentStatus | undefined> => {
      if (!agent.isRunning) throw new Error(`the agent of ${host.name} ended: ${agent.output().trim()}`);
      return control.status().catch(() => undefined);
    };
    const online = await waitUntil(
      `${host.name} is online and may upload`,
      status,
      (now) => now?.online === true && now.upload.ready,
      { timeoutMs: ONLINE_TIMEOUT_MS, signal },
    );
    const { isp } = networkOf(internet, host.asn);
    return { host, isp, key: online!.agent, control, stop: agent.stop };
  });
}
