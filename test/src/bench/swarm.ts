import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DownloadResult } from '@fairhop/client-agent';
import { runCommand, startServices, startSubscriber, writeSampleFile } from '@fairhop/fairhop';
import { median } from './median.js';
import { atLeast, atMost, type BenchResult } from './result.js';

const SIZE_BYTES = 32 * 1024 * 1024;
const AGENTS_PER_ISP = 4;
const ISPS = ['sp1', 'sp2', 'sp3'] as const;
const EDGE_BITS_PER_SECOND = 20_000_000;
const UPLINK_BITS_PER_SECOND = 10_000_000;
const DOWNLINK_BITS_PER_SECOND = 50_000_000;
const RUNS = 3;
const TIMEOUT_MS = 180_000;
const OWNER = 'bench';

/**
 * Least time in which anyone could give a file to everybody (Kumar & Ross 2006): the source sends it once, each downlink
 * takes it once, and all uplinks together carry every copy.
 */
export const fluidBoundSeconds = (sizeBytes: number, agents: number): number => {
  const bits = sizeBytes * 8;
  return Math.max(
    bits / EDGE_BITS_PER_SECOND,
    bits / DOWNLINK_BITS_PER_SECOND,
    (agents * bits) / (EDGE_BITS_PER_SECOND + agents * UPLINK_BITS_PER_SECOND),
  );
};

interface SwarmRun {
  readonly efficiency: number;
  readonly offload: number;
  readonly copiesPerIsp: number;
}

const runOnce = async (): Promise<SwarmRun> => {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-swarm-'));
  const undo: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const all = await startServices(directory, { edgeRateBitsPerSecond: EDGE_BITS_PER_SECOND });
    undo.push(all.stop);
    const file = join(directory, 'file.bin');
    await writeSampleFile(file, SIZE_BYTES, signal);
    const environment = {
      coordinatorUrl: all.coordinatorUrl,
      accountingUrl: all.accountingUrl,
      token: all.operatorToken,
    };
    await runCommand(['owner', 'add', OWNER], environment, signal);
    const publish = ['publish', file, '--owner', OWNER, '--origin-directory', all.originDirectory];
    const { landingUrl } = (await runCommand(publish, environment, signal)) as { landingUrl: string };
    for (const [index, isp] of ISPS.entries()) {
      const networks = `127.${index + 1}.0.0/16`;
      await runCommand(
        ['isp', 'agreement', 'set', isp, 'uplinks', '--networks', networks],
        environment,
        signal,
      );
    }
    const subscribers = ISPS.flatMap((isp, network) =>
      Array.from({ length: AGENTS_PER_ISP }, (_, index) => ({
        isp,
        subscriber: startSubscriber({
          name: `${isp}-${index}`,
          address: `127.${network + 1}.0.${index + 1}`,
          dataDirectory: join(directory, `${isp}-${index}`),
          coordinatorUrl: all.coordinatorUrl,
          uploadRate: `${UPLINK_BITS_PER_SECOND / 1e6}Mbit/s`,
          downloadRate: `${DOWNLINK_BITS_PER_SECOND / 1e6}Mbit/s`,
        }),
      })),
    );
    undo.push(() => Promise.all(subscribers.map(({ subscriber }) => subscriber.stop())));
    await Promise.all(subscribers.map(({ subscriber }) => subscriber.ready));
    const startMs = performance.now();
    const results = await Promise.all(
      subscribers.map(async ({ isp, subscriber }) => ({
        isp,
        result: await subscriber.control.download({ reference: landingUrl }, () => undefined, signal),
      })),
    );
    return figuresOf(results, (performance.now() - startMs) / 1000);
  } finally {
    for (const step of undo.reverse()) await step().catch(() => undefined);
  }
};

const figuresOf = (
  results: readonly { isp: string; result: DownloadResult }[],
  seconds: number,
): SwarmRun => {
  const sum = (of: (result: DownloadResult) => number, isp?: string): number =>
    results
      .filter((one) => isp === undefined || one.isp === isp)
      .reduce((total, { result }) => total + of(result), 0);
  const peerBytes = sum((result) => result.bytesFromPeers);
  const edgeBytes = sum((result) => result.bytesFromEdges);
  process.stderr.write(
    `swarm: last after ${seconds.toFixed(1)} s, from peers ${peerBytes}, from the edge ${edgeBytes}, wasted ${sum((result) => result.wastedBytes)}\n`,
  );
  return {
    efficiency: fluidBoundSeconds(SIZE_BYTES, results.length) / seconds,
    offload: peerBytes / (peerBytes + edgeBytes),
    copiesPerIsp: Math.max(...ISPS.map((isp) => sum((result) => result.enteringBytes, isp) / SIZE_BYTES)),
  };
};

export const run = async (): Promise<BenchResult> => {
  const runs: SwarmRun[] = [];
  for (let index = 0; index < RUNS; index++) runs.push(await runOnce());
  const efficiency = median(runs.map((one) => one.efficiency));
  const offload = median(runs.map((one) => one.offload));
  const copiesPerIsp = median(runs.map((one) => one.copiesPerIsp));
  const bound = fluidBoundSeconds(SIZE_BYTES, ISPS.length * AGENTS_PER_ISP);
  return {
    name: 'swarm',
    reference: `the fluid bound of ${bound.toFixed(1)} s; the last agent was done after ${(bound / efficiency).toFixed(1)} s (medians of ${RUNS} runs)`,
    figures: {
      efficiency: atLeast(0.7, efficiency, 'ratio'),
      offload: atLeast(0.8, offload, 'ratio'),
      copiesPerIsp: atMost(1.5, copiesPerIsp, 'copies'),
    },
  };
};
