import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createHttpClient } from '@fairhop/shared/contract';
import { createIdentity, reportBytes, signReceipt, verify } from '@fairhop/shared/crypto';
import {
  BIN_MS,
  binOf,
  MAX_PART_MS,
  type PathEvidenceRecord,
  type PeerTransferRecord,
  type ReportBatch,
  reportBatchSchema,
  type UploaderStatement,
} from '@fairhop/shared/model';
import { createLog } from '@fairhop/shared/service';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignedReceipt } from '../peer/index.js';
import { openOutbox } from './outbox.js';
import { createReporter } from './reporter.js';
import { type ClosedPart, firstPart, hasBytes, takeReceipt } from './transfer-parts.js';
import { createTransferRecorder } from './transfer-recorder.js';

const ends = { uploaderAddress: '127.1.0.1', downloaderAddress: '127.1.0.2' };
const contentId = 'cd'.repeat(32);
const log = createLog({ name: 'test', level: 'silent' });

describe('parts of a transfer', () => {
  it('chain without gap or overlap, stay within the time that is set, and begin in the bin of their receipts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10 * BIN_MS }),
        fc.integer({ min: 5000, max: MAX_PART_MS }),
        fc.array(
          fc.record({
            afterMs: fc.integer({ min: 1, max: 90_000 }),
            bytes: fc.integer({ min: 1, max: 1e9 }),
            moved: fc.boolean(),
            idleMs: fc.nat(90_000),
          }),
          { maxLength: 60 },
        ),
        (startMs, maxPartMs, steps) => {
          let open = firstPart(startMs, ends);
          const parts: ClosedPart[] = [];
          let [timeMs, cumulativeBytes, address] = [startMs, 0, 1];
          for (const { afterMs, bytes, moved, idleMs } of steps) {
            const sinceMs = timeMs + Math.min(idleMs, afterMs);
            timeMs += afterMs;
            cumulativeBytes += bytes;
            if (moved) address += 1;
            const receipt = { encoded: String(cumulativeBytes), cumulativeBytes, timeMs };
            const taken = takeReceipt(
              open,
              receipt,
              { ...ends, uploaderAddress: `127.1.0.${address}` },
              { sinceMs, rateBitsPerSecond: 8, maxPartMs },
            );
            parts.push(...taken.closed);
            open = taken.open;
            if (open.from?.cumulativeBytes === cumulativeBytes - bytes)
              expect(open.startMs).toBe(Math.max(sinceMs, timeMs - maxPartMs + 1));
          }
          if (hasBytes(open)) parts.push(open);
          let last = 0;
          parts.forEach((part, index) => {
            expect(part.part).toBe(index);
            expect(part.from?.cumulativeBytes ?? 0).toBe(last);
            expect(part.to.cumulativeBytes).toBeGreaterThan(last);
            expect(part.to.timeMs - part.startMs).toBeLessThan(maxPartMs);
            expect(part.startMs).toBeGreaterThanOrEqual(part.from?.timeMs ?? startMs);
            last = part.to.cumulativeBytes;
          });
          expect(last).toBe(cumulativeBytes);
        },
      ),
    );
  });

  it('are cut at the edge of a 5-minute bin', () => {
    const startMs = 4 * BIN_MS - 3000;
    let open = firstPart(startMs, ends);
    const closed: ClosedPart[] = [];
    for (let step = 1; step <= 24; step++) {
      const receipt = { encoded: String(step), cumulativeBytes: step * 1000, timeMs: startMs + step * 250 };
      const sinceMs = receipt.timeMs - 250;
      const taken = takeReceipt(open, receipt, ends, {
        sinceMs,
        rateBitsPerSecond: 0,
        maxPartMs: MAX_PART_MS,
      });
      closed.push(...taken.closed);
      open = taken.open;
    }
    expect(closed.map(({ to }) => to.timeMs)).toEqual([4 * BIN_MS - 250, 4 * BIN_MS]);
    expect(binOf(open.to!.timeMs)).toBe(4 * BIN_MS);
  });
});

describe('the outbox', () => {
  let directory: string;
  const downloader = createIdentity();
  const uploader = createIdentity();
  const transferId = randomUUID();
  const receiptAt = (cumulativeBytes: number, timeMs: number, sinceMs: number): SignedReceipt => ({
    bytes: signReceipt(
      { transferId, sequence: 1, cumulativeBytes, timeMs, previousDigest: '00'.repeat(32) },
      { transferId, contentId, uploader: uploader.key, downloader: downloader.key },
      downloader,
    ),
    ...{ cumulativeBytes, timeMs, sinceMs },
  });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fairhop-report-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('closes a transfer that a crash left open with its last receipt, once', () => {
    const file = join(directory, 'reports.db');
    const crashed = openOutbox(file, log);
    const transfer = createTransferRecorder(crashed, MAX_PART_MS).begin({
      transferId,
      grant: 'grant',
      startMs: 1000,
      ends: () => ends,
    });
    transfer.receipt(receiptAt(500, 1250, 1100));
    transfer.receipt(receiptAt(900, 1500, 1300));
    // No end: the process is gone. Its database is opened again as it is on disk.
    const again = openOutbox(file, log);
    expect(again.size).toBe(0);
    createTransferRecorder(again, MAX_PART_MS);
    const [message] = again.peek(10);
    const record = message!.record as PeerTransferRecord;
    expect(record).toMatchObject({ type: 'peer-transfer', part: 0, last: true, startMs: 1100 });
    expect(record.to).toBe(Buffer.from(receiptAt(900, 1500, 1300).bytes).toString('base64url'));
    createTransferRecorder(again, MAX_PART_MS);
    expect(again.size).toBe(1);
    expect(again.incarnation).toBe(crashed.incarnation);
    again.close();
    crashed.close();
  });

  it('never uses a sequence number twice, also after everything was acknowledged', () => {
    const file = join(directory, 'reports.db');
    const outbox = openOutbox(file, log);
    const record = { ...({ type: 'uploader-statement' } as UploaderStatement) };
    outbox.update({ records: [record, record] });
    outbox.remove(outbox.peek(10).map(({ sequence }) => sequence));
    outbox.close();
    const again = openOutbox(file, log);
    again.update({ records: [record] });
    expect(again.peek(10).map(({ sequence }) => sequence)).toEqual([2]);
    again.close();
  });

  it('counts and tells what a full outbox has no room for, statements too, but not traced ways', () => {
    const file = join(directory, 'reports.db');
    const warnings: unknown[] = [];
    const outbox = openOutbox(file, { warn: (facts: unknown) => warnings.push(facts) });
    const record = { ...({ type: 'peer-transfer' } as PeerTransferRecord) };
    outbox.update({ records: Array.from({ length: 100_000 }, () => record) });
    expect([outbox.size, outbox.dropped, warnings]).toEqual([100_000, 0, []]);
    outbox.update({ records: [record, record] });
    outbox.update({ records: [{ ...({ type: 'uploader-statement' } as UploaderStatement) }] });
    outbox.update({ records: [{ ...({ type: 'path-evidence' } as PathEvidenceRecord) }] });
    const told = [2, 3].map((dropped) => ({ dropped, waiting: 100_000 }));
    expect([outbox.size, outbox.dropped, warnings]).toEqual([100_000, 3, told]);
    outbox.close();
    const again = openOutbox(file, log);
    expect(again.dropped).toBe(3);
    again.close();
  });

  it('keeps the volume of the month', () => {
    const file = join(directory, 'reports.db');
    const outbox = openOutbox(file, log);
    outbox.addSent('2026-11', 70);
    outbox.addSent('2026-11', 5);
    outbox.close();
    const again = openOutbox(file, log);
    expect([again.sentBytes('2026-11'), again.sentBytes('2026-12')]).toEqual([75, 0]);
    again.close();
  });

  describe('posted to accounting', () => {
    let server: Server;
    let batches: ReportBatch[];
    let respond: (batch: ReportBatch) => { status: number; body: unknown };
    const http = createHttpClient();

    beforeEach(async () => {
      batches = [];
      server = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const raw = Buffer.concat(chunks);
          const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
          const signature = Buffer.from(String(request.headers['fairhop-signature']), 'base64url');
          expect(verify(downloader.key, reportBytes(body), signature)).toBe(true);
          const batch = reportBatchSchema.parse(JSON.parse(body.toString()));
          batches.push(batch);
          const { status, body: answer } = respond(batch);
          response.writeHead(status, {
            'content-type': status === 200 ? 'application/json' : 'application/problem+json',
          });
          response.end(JSON.stringify(answer));
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    });
    afterEach(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });

    const fill = (records: number): ReturnType<typeof openOutbox> => {
      const outbox = openOutbox(join(directory, 'reports.db'), log);
      const transfer = createTransferRecorder(outbox, MAX_PART_MS).begin({
        transferId,
        grant: 'a.b.c',
        startMs: 0,
        ends: () => ends,
      });
      for (let index = 1; index <= records; index++)
        transfer.receipt(receiptAt(index * 10, index * 60_000, index * 60_000));
      transfer.end();
      return outbox;
    };
    const reporterOf = (outbox: ReturnType<typeof openOutbox>) =>
      createReporter({
        outbox,
        identity: downloader,
        http,
        log: createLog({ name: 'test', level: 'silent' }),
        accountingUrl: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        accessToken: () => 'token',
      });
    const problem = (status: number, code: string) => ({
      status,
      body: { type: 'about:blank', title: 'no', status, code, detail: 'no' },
    });

    it('is deleted only after the acknowledgement', async () => {
      const outbox = fill(20);
      expect(outbox.size).toBe(20);
      respond = () => problem(503, 'busy');
      expect(await reporterOf(outbox).flush(2000)).toBe(false);
      expect(outbox.size).toBe(20);
      respond = (batch) => ({
        status: 200,
        body: { accepted: batch.messages.length, duplicates: 0, rejected: [] },
      });
      expect(await reporterOf(outbox).flush(2000)).toBe(true);
      expect(outbox.size).toBe(0);
      expect(batches[1]!.messages.map(({ sequence }) => sequence)).toEqual(
        batches[0]!.messages.map(({ sequence }) => sequence),
      );
      outbox.close();
    });

    it('gives up the one message that accounting refuses a batch for, and no other', async () => {
      const outbox = fill(9);
      const booked: number[] = [];
      respond = (batch) => {
        if (batch.messages.some(({ sequence }) => sequence === 4)) return problem(422, 'invalid-request');
        booked.push(...batch.messages.map(({ sequence }) => sequence));
        return { status: 200, body: { accepted: batch.messages.length, duplicates: 0, rejected: [] } };
      };
      expect(await reporterOf(outbox).flush(5000)).toBe(true);
      expect(booked).toEqual([0, 1, 2, 3, 5, 6, 7, 8]);
      outbox.close();
    });
  });
});
