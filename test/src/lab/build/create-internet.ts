import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { found, type Internet, namespaceOf, peeringOf } from '../internet-model.js';
import { tearDownLeftovers } from './leftovers.js';
import { infrastructureHost, nameServerConfig, resolverConfig, stunServerConfig } from './name-service.js';
import { namespaceScript, namespacesBatch } from './namespace-script.js';
import { createRouters, type RouterStatus } from './routers.js';
import { forEachConcurrently, runCommand } from './run-command.js';
import { nodesOf } from './wiring.js';

/** On two busy cores it takes a tenth of this. */
const convergenceTimeoutMs = 60_000;

/** When something was done to the internet, and when the last route changed by it; each change is in RIB dumps. */
export interface EventTimes {
  /** A whole second: the times of MRT dumps have no more than these. */
  readonly startedMs: number;
  readonly settledMs: number;
}

export interface RunningInternet {
  /** Takes away what an earlier run left, builds everything, and waits until all routes stand; then dumps the RIBs. */
  up(signal?: AbortSignal): Promise<void>;
  /** Leaves no namespace, process or resolver file; the directory with dumps and logs stays. */
  down(): Promise<void>;
  changeRoute(name: string, signal?: AbortSignal): Promise<EventTimes>;
  failLink(name: string, signal?: AbortSignal): Promise<EventTimes>;
  /** Paths of the new dumps, of all routers when none is named. */
  dumpNow(routers?: readonly string[]): Promise<string[]>;
  /** Directory of a router's RIB dumps. */
  dumpsOf(router: string): string;
  /** BGP sessions of each router; none when it does not run. */
  status(): Promise<readonly RouterStatus[]>;
}

export interface InternetConfig {
  /** Short: it holds control sockets. */
  readonly directory: string;
  readonly log: (line: string) => void;
}

export function createInternet(internet: Internet, { directory, log }: InternetConfig): RunningInternet {
  const routers = createRouters(internet, directory);
  const preferences = new Map<string, Map<string, number>>();

  async function build(signal?: AbortSignal): Promise<void> {
    const startedMs = Date.now();
    await tearDownLeftovers();
    await mkdir(directory, { recursive: true });
    await routers.prepare();
    await writeResolvers();
    const daemons = await infrastructureDaemons();
    await runCommand('ip', ['-batch', '-'], { input: namespacesBatch(internet), signal });
    const routerNames = new Set(internet.routers.map(({ name }) => name));
    const infrastructure = infrastructureHost(internet).name;
    await forEachConcurrently(nodesOf(internet), (node) => {
      const own = routerNames.has(node)
        ? [routers.startCommand(node)]
        : node === infrastructure
          ? daemons
          : [];
      const input = namespaceScript(internet, node, own);
      return runCommand('ip', ['netns', 'exec', namespaceOf(node), 'sh', '-e'], { input, signal });
    });
    log(`${nodesOf(internet).length} namespaces after ${Date.now() - startedMs} ms`);
    await routers.waitUntilConverged(convergenceTimeoutMs, signal);
    await routers.dumpNow();
    log(`routes stand after ${Date.now() - startedMs} ms`);
  }

  async function writeResolvers(): Promise<void> {
    for (const node of nodesOf(internet)) {
      const own = `/etc/netns/${namespaceOf(node)}`;
      await mkdir(own, { recursive: true });
      await writeFile(`${own}/resolv.conf`, resolverConfig(internet));
    }
  }

  /** Commands that start DNS and STUN. */
  async function infrastructureDaemons(): Promise<string[]> {
    const own = join(directory, 'infrastructure');
    await mkdir(own, { recursive: true });
    const files = (name: string) => ({ log: join(own, `${name}.log`), pid: join(own, `${name}.pid`) });
    await writeFile(join(own, 'dnsmasq.conf'), nameServerConfig(internet, files('dnsmasq')));
    await writeFile(join(own, 'turnserver.conf'), stunServerConfig(internet, files('turnserver')));
    return [
      `dnsmasq --conf-file=${join(own, 'dnsmasq.conf')}`,
      `turnserver -o -c ${join(own, 'turnserver.conf')} >/dev/null 2>&1`,
    ];
  }

  async function settle(cause: () => Promise<void>, signal?: AbortSignal): Promise<EventTimes> {
    const before = await routers.kernelRoutes();
    const startedMs = Math.ceil(Date.now() / 1_000) * 1_000;
    // A timer may fire a little before its time.
    while (Date.now() < startedMs) await delay(startedMs - Date.now(), undefined, signal && { signal });
    await cause();
    const { settledMs } = await routers.followChange(before, convergenceTimeoutMs, signal);
    return { startedMs, settledMs };
  }

  return {
    async up(signal) {
      try {
        await build(signal);
      } catch (error) {
        await tearDownLeftovers().catch((problem) => log(`teardown after a failure: ${problem.message}`));
        throw signal?.aborted ? signal.reason : error;
      }
    },
    down: tearDownLeftovers,
    changeRoute(name, signal) {
      const { router, peering, localPreference } = found(
        internet.events.routeChanges.find((change) => change.name === name),
        `route change ${name}`,
      );
      const own = preferences.get(router) ?? new Map<string, number>();
      preferences.set(router, own.set(peering, localPreference));
      return settle(() => routers.reconfigure(router, own), signal);
    },
    failLink(name, signal) {
      const failure = found(
        internet.events.linkFailures.find((each) => each.name === name),
        `link failure ${name}`,
      );
      const [end] = peeringOf(internet, failure.peering).ends;
      return settle(async () => {
        await runCommand('ip', ['-n', namespaceOf(end.router), 'link', 'set', end.interface, 'down']);
      }, signal);
    },
    dumpNow: routers.dumpNow,
    dumpsOf: routers.dumpsOf,
    status: routers.status,
  };
}
