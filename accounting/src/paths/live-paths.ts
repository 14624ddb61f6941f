import {
  type AsGraph,
  type AsLink,
  type AsnSource,
  createBundledAsnSource,
  readAsRelationships,
} from '@fairhop/shared/net';
import { createAsGraphFollower, type Logger } from '@fairhop/shared/service';
import type { PathKnowledge } from './knowledge.js';
import { createPathResolver, type PathResolver } from './path-resolver.js';

export interface LivePathsConfig {
  readonly asGraphFile: string;
  readonly checkIntervalMs: number;
  readonly useBundledAsnDataset: boolean;
  readonly asRelationshipsFile?: string | undefined;
}

export interface LivePathsDependencies {
  readonly log: Logger;
  readonly knowledge: PathKnowledge;
  readonly onLoad: (outcome: 'loaded' | 'refused') => void;
}

/** The paths of the AS graph file as it is now. */
export interface LivePaths {
  /** Throws `as-graph-unreadable`, `as-graph-invalid`, what `readAsRelationships` throws, or what the dataset of AS numbers throws. */
  start(): Promise<void>;
  stop(): Promise<void>;
  resolver(): PathResolver;
  graph(): AsGraph;
  /** Reads the file now, changed or not. Throws as `start`; the graph before then stays in use. */
  reload(): Promise<void>;
}

/** Follows the AS graph file without a stop: what is resolved from then on takes the new paths. */
export function createLivePaths(
  config: LivePathsConfig,
  { log, knowledge, onLoad }: LivePathsDependencies,
): LivePaths {
  const bundled = config.useBundledAsnDataset ? createBundledAsnSource() : undefined;
  const furtherAsnSources: AsnSource[] = bundled === undefined ? [] : [bundled];
  let relationships: readonly AsLink[] = [];
  let current: { readonly graph: AsGraph; readonly resolver: PathResolver } | undefined;

  const use = (graph: AsGraph): void => {
    const onSourceError = (error: unknown, source: string): void =>
      log.warn({ err: error, source }, 'a source of AS numbers failed');
    const dependencies = { graph, knowledge, furtherAsnSources, relationships, onSourceError };
    current = { graph, resolver: createPathResolver(dependencies) };
    onLoad('loaded');
    log.info({ ases: graph.ases.length, links: graph.links.length }, 'AS graph loaded');
  };
  const running = (): NonNullable<typeof current> => {
    if (current === undefined) throw new Error('the AS graph is not loaded before start');
    return current;
  };
  const follower = createAsGraphFollower(
    { path: config.asGraphFile, checkIntervalMs: config.checkIntervalMs },
    {
      onGraph: use,
      onRefused: (error) => {
        onLoad('refused');
        log.error({ err: error }, 'the AS graph file is not right; the graph before it stays in use');
      },
    },
  );
  return {
    async start() {
      if (config.asRelationshipsFile !== undefined) {
        relationships = await readAsRelationships(config.asRelationshipsFile);
        log.info({ links: relationships.length }, 'AS relationships loaded');
      }
      await follower.start();
      await bundled?.load();
    },
    stop: () => follower.stop(),
    resolver: () => running().resolver,
    graph: () => running().graph,
    reload: () => follower.reload(),
  };
}
