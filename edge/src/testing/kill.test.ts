import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EdgeTransferRecord } from '@fairhop/shared/model';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Harness, MIB, someBytes, totalBytes, until } from './harness.js';
import { spawnEdge } from './spawn-edge.js';

let harness: Harness;
beforeEach(async () => {
  harness = await Harness.create();
});
afterEach(() => harness.stop());

const bytes = someBytes(6 * MIB + 99);

/** Ended parts and growing ones. */
function keptRecords(file: string): EdgeTransferRecord[] {
  const database = new Database(file, { readonly: true });
  try {
    const select = 'SELECT record FROM message UNION ALL SELECT record FROM open_part';
    return database
      .prepare<[], { record: string }>(select)
      .all()
      .map(({ record }) => JSON.parse(record) as EdgeTransferRecord);
  } finally {
    database.close();
  }
}

it('killed in the middle of a fill, an edge keeps its whole pieces and has no torn one', async () => {
  const origin = await harness.origin(bytes);
  let sent = 0;
  origin.intercept = (_request, response, from, to) => {
    response.writeHead(206, {
      'content-length': to - from,
      'content-range': `bytes ${from}-${to - 1}/${bytes.length}`,
    });
    // A slow origin, so that the kill comes in between.
    let at = from;
    const timer = setInterval(() => {
      response.write(bytes.subarray(at, at + 100_000));
      at += 100_000;
      sent += 100_000;
      if (sent > 2_500_000) clearInterval(timer);
    }, 5);
    response.once('close', () => clearInterval(timer));
    return true;
  };
  const child = await spawnEdge(harness.directory, harness.config());
  const { contentId } = harness.coordinator.publish(bytes, { kind: 'http', url: origin.url });
  const token = await harness.coordinator.token(contentId);
  const broken = fetch(`${child.url}/c/${contentId}?token=${token}`)
    .then((response) => response.arrayBuffer())
    .catch(() => 'broken');
  const directory = join(harness.directory, 'edge', 'contents', contentId);
  const piecesOnDisk = async (): Promise<number> =>
    (await readdir(directory).catch(() => [])).filter((name) => name.endsWith('.piece')).length;
  await until(async () => (await piecesOnDisk()) >= 5, 'some pieces are on disk');
  await child.kill();
  expect(await broken).toBe('broken');
  const kept = await piecesOnDisk();
  origin.intercept = undefined;
  const edge = await harness.edge();
  const response = await fetch(`${edge.url}/c/${contentId}?token=${token}`);
  expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
  // Whole pieces were used again, nothing else was fetched.
  expect(origin.sentBytes()).toBe(bytes.length - kept * 256 * 1024);
});

it('killed after a download, an edge still reports what it served, once', async () => {
  const origin = await harness.origin(bytes);
  harness.coordinator.refuseReports = true;
  const child = await spawnEdge(harness.directory, harness.config());
  const { contentId } = harness.coordinator.publish(bytes, { kind: 'http', url: origin.url });
  const token = await harness.coordinator.token(contentId);
  const download = async (url: string): Promise<number> =>
    (await (await fetch(`${url}/c/${contentId}?token=${token}`)).arrayBuffer()).byteLength;
  expect(await download(child.url)).toBe(bytes.length);
  // What is in memory alone would be lost.
  await until(() => {
    const kept = keptRecords(join(harness.directory, 'edge', 'edge.db'));
    const kinds = ['edge-to-client', 'origin-to-edge'] as const;
    return kinds.every((kind) => totalBytes(kept, kind) === bytes.length);
  }, 'all bytes are in the outbox');
  await child.kill();
  harness.coordinator.refuseReports = false;
  const edge = await harness.edge();
  await download(edge.url);
  const { records } = harness.coordinator;
  await until(() => totalBytes(records, 'edge-to-client') >= 2 * bytes.length, 'both downloads are reported');
  expect(totalBytes(records, 'edge-to-client')).toBe(2 * bytes.length);
  expect(totalBytes(records, 'origin-to-edge')).toBe(bytes.length);
  const parts = records.filter(({ kind }) => kind === 'edge-to-client').map(({ part }) => part);
  expect(new Set(parts).size).toBe(parts.length);
});
