import { execFile, spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import type { MrtReading } from './mrt-reading.js';
import { writeRib } from './mrt-writer.js';
import { atLeast, atMost, type BenchResult } from './result.js';

const PREFIXES = 1_000_000;
const READING = fileURLToPath(new URL('mrt-reading.js', import.meta.url));
/** Debian's package of the same name; the benchmark runs without it too. */
const BGPDUMP = 'bgpdump';
const TIMEOUT_MS = 300_000;
const GIBIBYTE = 1024 ** 3;
const MEGABYTE = 1_000_000;

/** A RIB of a million prefixes read in a process of its own, and its routes looked up. */
export async function run(): Promise<BenchResult> {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-bench-mrt-'));
  try {
    const path = join(directory, 'rib.mrt.gz');
    await writeRib(path, PREFIXES);
    const { size } = await stat(path);
    const { stdout } = await promisify(execFile)(process.execPath, [READING, path], { timeout: TIMEOUT_MS });
    const reading = JSON.parse(stdout) as MrtReading;
    const gunzipSeconds = await timeOf(() => gunzip(path));
    const dumpSeconds = await timeOf(() => dump(path)).catch(() => undefined);
    const against =
      dumpSeconds === undefined
        ? 'bgpdump is not installed'
        : `bgpdump -m ${dumpSeconds.toFixed(2)} s, ${(dumpSeconds / reading.readSeconds).toFixed(2)} times as long`;
    return {
      name: 'mrt',
      reference:
        `the same file: gunzip alone ${gunzipSeconds.toFixed(2)} s; ${against} (${reading.prefixes} prefixes, ` +
        `${reading.routes} routes, ${(size / MEGABYTE).toFixed(0)} MB; ${(100 * reading.found).toFixed(0)} % of lookups find a route)`,
      figures: {
        readSeconds: atMost(20, reading.readSeconds, 's'),
        peakRssBytes: atMost(GIBIBYTE, reading.peakRssBytes, 'bytes'),
        lookupsPerSecond: atLeast(1_000_000, Math.round(reading.lookupsPerSecond), 'lookups/s'),
        prefixes: atLeast(PREFIXES, reading.prefixes, 'prefixes'),
      },
    };
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function timeOf(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1000;
}

async function gunzip(path: string): Promise<void> {
  for await (const _chunk of createReadStream(path).pipe(createGunzip()));
}

/** Rejects where bgpdump is not installed. */
function dump(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    spawn(BGPDUMP, ['-v', '-m', path], { stdio: 'ignore', timeout: TIMEOUT_MS })
      .once('error', reject)
      .once('close', (code) => (code === 0 ? resolve() : reject(new Error(`bgpdump ended with ${code}`))));
  });
}
