import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentPath } from '@fairhop/shared/contract';
import type { EdgeTransferRecord } from '@fairhop/shared/model';
import { type EdgeConfig, edgeConfigSchema } from '../config.js';
import { createEdge, type Edge, type EdgeDependencies } from '../edge.js';
import { createTestCoordinator, silentLog, type TestCoordinator } from './test-coordinator.js';
import { startTestOrigin, type TestOrigin } from './test-origin.js';

export const MIB = 1024 * 1024;

/** Bytes without repetition, the same for the same seed. */
export function someBytes(sizeBytes: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  let state = seed >>> 0 || 1;
  for (let index = 0; index + 4 <= sizeBytes; index += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes.writeInt32LE(state | 0, index);
  }
  return bytes;
}

/** An edge with its surroundings, and what tears all of it down. */
export class Harness {
  readonly cleanups: (() => Promise<unknown>)[] = [];
  coordinator!: TestCoordinator;
  directory!: string;

  static async create(options: Parameters<typeof createTestCoordinator>[0] = {}): Promise<Harness> {
    const harness = new Harness();
    harness.directory = await mkdtemp(join(tmpdir(), 'fairhop-edge-'));
    harness.cleanups.push(() => rm(harness.directory, { recursive: true, force: true }));
    harness.coordinator = createTestCoordinator(options);
    await harness.coordinator.start();
    harness.cleanups.push(() => harness.coordinator.stop());
    return harness;
  }

  config(overrides: Partial<EdgeConfig> = {}): EdgeConfig {
    return edgeConfigSchema.parse({
      port: 0,
      dataDirectory: join(this.directory, 'edge'),
      coordinatorUrl: this.coordinator.url,
      joinToken: this.coordinator.joinToken,
      heartbeatMs: 100,
      ...overrides,
    });
  }

  async edge(
    overrides: Partial<EdgeConfig> = {},
    dependencies: Partial<EdgeDependencies> = {},
  ): Promise<Edge> {
    const edge = createEdge(this.config(overrides), { log: silentLog, ...dependencies });
    await edge.start();
    this.cleanups.push(() => edge.stop());
    return edge;
  }

  async origin(bytes: Buffer): Promise<TestOrigin> {
    const origin = await startTestOrigin(bytes);
    this.cleanups.push(() => origin.stop());
    return origin;
  }

  async url(
    edge: Edge,
    contentId: string,
    options: Parameters<TestCoordinator['token']>[1] = {},
  ): Promise<string> {
    return `${edge.url}${contentPath(contentId, 'film.mp4')}?token=${await this.coordinator.token(contentId, options)}`;
  }

  async stop(): Promise<void> {
    for (const cleanup of this.cleanups.reverse()) await cleanup();
  }
}

/** Waits until it holds; the test's own time-out ends it. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const startMs = Date.now();
  while (!(await condition())) {
    if (Date.now() - startMs > 15_000) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const totalBytes = (
  records: readonly EdgeTransferRecord[],
  kind: EdgeTransferRecord['kind'],
): number => records.filter((record) => record.kind === kind).reduce((sum, { bytes }) => sum + bytes, 0);
