import { createSeededRandom, drawSeed, type SelectionRequest, selectSources } from '@fairhop/coordinator';
import { median } from './median.js';
import { atLeast, atMost, type BenchResult } from './result.js';
import { selectNaively } from './selection-naive.js';
import { createWorkload } from './selection-workload.js';

const RUNS = 5;
const SELECTIONS = 20_000;
/** A scan takes about a millisecond in the larger swarms. */
const NAIVE_SELECTIONS = 2_000;

interface Measurement {
  readonly perSecond: number;
  readonly p99Ms: number;
}

/** Selections of sources on one core, with their draws and candidate sets, as a session makes them. */
export async function run(): Promise<BenchResult> {
  const { swarm, knowledge, requests, largestSwarm } = createWorkload(SELECTIONS);
  let peers = 0;
  const select = (request: SelectionRequest): void => {
    const random = createSeededRandom(drawSeed());
    peers += selectSources(swarm, request, knowledge, random).peers.length;
  };
  const naive = (request: SelectionRequest): void => {
    selectNaively(swarm, request, knowledge);
  };
  measure(requests, select);
  peers = 0;
  const runs = Array.from({ length: RUNS }, () => measure(requests, select));
  const peersEach = peers / (RUNS * requests.length);
  const reference = measure(requests.slice(0, NAIVE_SELECTIONS), naive);
  const perSecond = Math.round(median(runs.map((one) => one.perSecond)));
  const p99Ms = median(runs.map((one) => one.p99Ms));
  return {
    name: 'selection',
    reference:
      `filter and sort over the whole swarm: ${Math.round(reference.perSecond)} selections/s, ` +
      `p99 ${reference.p99Ms.toFixed(3)} ms (100,000 agents, 1,000 swarms, the largest ${largestSwarm}, 300 ASes; ` +
      `${peersEach.toFixed(1)} peers an answer)`,
    figures: {
      perSecond: atLeast(20_000, perSecond, 'selections/s'),
      p99Ms: atMost(2, p99Ms, 'ms'),
    },
  };
}

function measure(
  requests: readonly SelectionRequest[],
  select: (request: SelectionRequest) => void,
): Measurement {
  const durationsMs = new Float64Array(requests.length);
  const startMs = performance.now();
  let lastMs = startMs;
  requests.forEach((request, index) => {
    select(request);
    const nowMs = performance.now();
    durationsMs[index] = nowMs - lastMs;
    lastMs = nowMs;
  });
  durationsMs.sort();
  return {
    perSecond: requests.length / ((lastMs - startMs) / 1000),
    p99Ms: durationsMs[Math.floor(requests.length * 0.99)]!,
  };
}
