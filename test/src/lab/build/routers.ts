import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Internet, namespaceOf, routerOf } from '../internet-model.js';
import { birdConfig, dumpedRoutes, type LocalPreferences } from './bird-config.js';
import { forEachConcurrently, runCommand } from './run-command.js';

/** The longest path of a socket (sun_path, less its end). */
const maximumSocketPathBytes = 107;
const pollMs = 100;
/** Nothing changed for so long: OSPF computes ways once a second. */
const quietMs = 1_500;

export interface RouterStatus {
  readonly router: string;
  /** Named after the peering, or after the other router inside the AS. */
  readonly sessions: readonly { readonly name: string; readonly isUp: boolean }[];
}

export interface Routers {
  /** Writes all configurations. */
  prepare(): Promise<void>;
  /** Command that starts one, for its namespace. */
  startCommand(router: string): string;
  /** All sessions stand and every router knows every network, unchanged for a while. */
  waitUntilConverged(timeoutMs: number, signal?: AbortSignal): Promise<void>;
  /**
   * Until the kernels' routes differ from before and then stay for a while; all RIBs are dumped at each change that is seen.
   * Answers when the last one was.
   */
  followChange(before: string, timeoutMs: number, signal?: AbortSignal): Promise<{ settledMs: number }>;
  /** Routes of all routers as their kernels print them. */
  kernelRoutes(): Promise<string>;
  reconfigure(router: string, preferences: LocalPreferences): Promise<void>;
  /** Path of each new dump. */
  dumpNow(routers?: readonly string[]): Promise<string[]>;
  dumpsOf(router: string): string;
  /** A router without sessions does not run. */
  status(): Promise<RouterStatus[]>;
}

/** `directory` keeps configurations, control sockets, logs (`bird/`) and dumps (`rib/<router>/`). */
export function createRouters(internet: Internet, directory: string): Routers {
  const names = internet.routers.map(({ name }) => name);
  const birdDirectory = join(directory, 'bird');
  const file = (router: string, ending: string) => join(birdDirectory, `${router}.${ending}`);
  const dumpsOf = (router: string) => join(directory, 'rib', router);
  const tell = (router: string, command: string) =>
    runCommand('birdc', ['-s', file(router, 'ctl'), ...command.split(' ')]);

  const writeConfig = (router: string, preferences?: LocalPreferences) =>
    writeFile(
      file(router, 'conf'),
      birdConfig(internet, router, { log: file(router, 'log'), dumps: dumpsOf(router) }, preferences),
    );

  const kernelRoutes = async () => {
    const script = names.map((name) => `echo ${name}\nip -n ${namespaceOf(name)} route\n`).join('');
    return runCommand('sh', ['-e'], { input: script });
  };

  const status = () =>
    forEachConcurrently(names, async (router): Promise<RouterStatus> => {
      const protocols = await tell(router, 'show protocols').catch(() => '');
      const sessions = protocols
        .split('\n')
        .filter((line) => / BGP /.test(line))
        .map((line) => ({ name: line.split(' ')[0]!, isUp: /\bEstablished\b/.test(line) }));
      return { router, sessions };
    });
  const areSessionsUp = async () =>
    (await status()).every(({ sessions }) => sessions.length > 0 && sessions.every(({ isUp }) => isUp));

  async function waitUntil(
    what: string,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    isDone: () => Promise<boolean>,
  ): Promise<void> {
    const deadlineMs = Date.now() + timeoutMs;
    while (!(await isDone())) {
      if (Date.now() > deadlineMs) throw new Error(`${what} within ${timeoutMs} ms`);
      await delay(pollMs, undefined, signal && { signal });
    }
  }

  /** Answers when the routes last changed, once they are complete and quiet. */
  async function settle(
    what: string,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    isComplete: (routes: string) => boolean,
    changed: (routes: string) => Promise<unknown> = async () => {},
  ): Promise<number> {
    let last = await kernelRoutes();
    let changedMs = Date.now();
    await changed(last);
    await waitUntil(what, timeoutMs, signal, async () => {
      const routes = await kernelRoutes();
      if (routes !== last) {
        changedMs = Date.now();
        last = routes;
        await changed(routes);
      }
      return isComplete(routes) && Date.now() - changedMs >= quietMs;
    });
    return changedMs;
  }

  const borders = new Set(internet.peerings.flatMap(({ ends }) => ends.map(({ router }) => router)));
  // Inside an AS nobody is told of the AS's own network as a whole.
  const expectedRoutes = internet.networks.map(({ asn, prefix }) => ({
    route: new RegExp(`^(?:unreachable )?${prefix.replaceAll('.', '\\.')} `, 'gm'),
    count: internet.routers.filter((router) => router.asn !== asn || borders.has(router.name)).length,
  }));
  const knowsAll = (routes: string) =>
    expectedRoutes.every(({ route, count }) => (routes.match(route) ?? []).length === count);

  let dumps = 0;
  const dumpNow = (routers: readonly string[] = names) =>
    forEachConcurrently(routers, async (name) => {
      const written = file(name, `${dumps++}.mrt`);
      const stamp = new Date().toISOString().replace(/[-:Z]/g, '');
      const answer = await tell(name, `mrt dump table "master4" to "${written}" where ${dumpedRoutes}`);
      const compression = routerOf(internet, name).dumpCompression;
      if (compression !== undefined) await runCommand(compression, ['--force', written]);
      const ending = compression === undefined ? '' : { gzip: '.gz', bzip2: '.bz2' }[compression];
      const path = join(dumpsOf(name), `${stamp}.mrt${ending}`);
      // Readers see a dump when it is whole.
      await rename(`${written}${ending}`, path).catch((error) => {
        throw new Error(`${name} wrote no dump (${answer.trim()})`, { cause: error });
      });
      return path;
    });

  return {
    dumpsOf,
    kernelRoutes,
    async prepare() {
      const longest = names
        .map((name) => file(name, 'ctl'))
        .find((path) => path.length > maximumSocketPathBytes);
      if (longest !== undefined)
        throw new Error(`${longest} is too long for a socket; choose a shorter directory`);
      // What an earlier internet wrote is no history of this one.
      await rm(join(directory, 'rib'), { recursive: true, force: true });
      await mkdir(birdDirectory, { recursive: true });
      for (const name of names) {
        await mkdir(dumpsOf(name), { recursive: true });
        await writeConfig(name);
      }
    },
    startCommand: (router) =>
      // Names of dumps are in the order of their times.
      `TZ=UTC bird -c ${file(router, 'conf')} -s ${file(router, 'ctl')} -P ${file(router, 'pid')}`,
    async waitUntilConverged(timeoutMs, signal) {
      await waitUntil('the routers do not have all BGP sessions', timeoutMs, signal, areSessionsUp);
      await settle('the routers do not know every network', timeoutMs, signal, knowsAll);
    },
    async followChange(before, timeoutMs, signal) {
      const isChanged = (routes: string) => routes !== before;
      const settledMs = await settle('no route changed', timeoutMs, signal, isChanged, async (routes) => {
        if (isChanged(routes)) await dumpNow();
      });
      return { settledMs };
    },
    async reconfigure(router, preferences) {
      await writeConfig(router, preferences);
      const answer = await tell(router, 'configure');
      if (!/^Reconfigur/m.test(answer))
        throw new Error(`${router} keeps its configuration: ${answer.trim()}`);
    },
    dumpNow,
    status,
  };
}
