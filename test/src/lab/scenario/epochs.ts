import type { ExplainedPath } from '@fairhop/shared/model';
import { forEachConcurrently } from '../build/run-command.js';
import { type Host, hostOf, type Internet } from '../internet-model.js';
import { type ForwardedPath, forwardedPaths } from '../truth/forwarded-paths.js';
import type { Services } from './services.js';

/** A stretch of time between two changes of the internet. */
export interface Epoch {
  readonly fromMs: number;
  /** A moment of it at which everything had settled and was dumped. */
  readonly atMs: number;
  /** What the kernels forwarded then, for every pair of hosts that may give each other bytes. */
  readonly truth: readonly ForwardedPath[];
}

/** Everybody to everybody else, and the edge to the origin: what carries payload or its acknowledgements. */
function pairsOf(internet: Internet): [string, string][] {
  const role = (wanted: Host['role']): string[] =>
    internet.hosts.filter((host) => host.role === wanted).map(({ name }) => name);
  const [subscribers, edges, origins] = [role('subscriber'), role('edge'), role('origin')];
  const among = (sources: readonly string[], destinations: readonly string[]): [string, string][] =>
    sources.flatMap((source) =>
      destinations.flatMap((destination): [string, string][] =>
        source === destination ? [] : [[source, destination]],
      ),
    );
  return [
    ...among(subscribers, subscribers),
    ...among(edges, subscribers),
    ...among(subscribers, edges),
    ...among(origins, edges),
    ...among(edges, origins),
  ];
}

export async function captureEpoch(internet: Internet, fromMs: number, atMs: number): Promise<Epoch> {
  return { fromMs, atMs, truth: await forwardedPaths(internet, pairsOf(internet)) };
}

export interface ExplainedEpoch extends Epoch {
  /** What accounting makes of each pair at that moment, in the order of `truth`. */
  readonly explained: readonly ExplainedPath[];
}

/** One HTTP client has so many connections. */
const CONCURRENCY = 8;

export function explainEpoch(
  internet: Internet,
  { networks }: Services,
  epoch: Epoch,
): Promise<ExplainedEpoch> {
  const addressOf = (name: string): string => hostOf(internet, name).address;
  return forEachConcurrently(
    epoch.truth,
    ({ source, destination }) =>
      networks.explainPath({
        query: { source: addressOf(source), destination: addressOf(destination), atMs: epoch.atMs },
      }),
    CONCURRENCY,
  ).then((explained) => ({ ...epoch, explained }));
}
