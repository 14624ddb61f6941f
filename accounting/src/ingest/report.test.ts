import { randomUUID } from 'node:crypto';
import { createIdentity, signToken } from '@fairhop/shared/crypto';
import { BIN_MS, hostId, tokenType } from '@fairhop/shared/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createTestCoordinator,
  kid,
  sizeBytes,
  type TestCoordinator,
  title,
} from '../fixture/coordinator.js';
import {
  completionOf,
  createTestReporter,
  edgeTransfer,
  encode,
  peerTransfer,
  type TestReporter,
} from '../fixture/reporter.js';
import { createTestDirectory, startTestService, type TestService } from '../fixture/service.js';

const directory = createTestDirectory();
let coordinator: TestCoordinator;
let accounting: TestService;
let downloader: TestReporter;
let edge: TestReporter;
const uploader = createIdentity();

/** Within one bin, a minute ago at the least. */
const startMs = Math.floor((Date.now() - 60_000) / BIN_MS) * BIN_MS - BIN_MS + 1_000;
const endMs = startMs + 2_000;

beforeAll(async () => {
  coordinator = await createTestCoordinator(Date.now);
  accounting = await startTestService({
    asGraphFile: directory.graphFile,
    dataDirectory: directory.dataDirectory,
    coordinatorUrl: coordinator.url,
  });
  downloader = createTestReporter(coordinator, 'agent', () => accounting.url);
  edge = createTestReporter(coordinator, 'edge', () => accounting.url);
});
afterAll(async () => {
  await accounting.stop();
  await coordinator.close();
  directory.remove();
});

const eventsOf = async (transferId: string) =>
  (await accounting.client.listEvents({ query: { transferId } })).events;

const transferOf = (facts: Partial<Parameters<typeof peerTransfer>[0]> = {}) =>
  peerTransfer({
    coordinator,
    uploader,
    downloader: downloader.identity,
    toBytes: 1_000_000,
    startMs,
    endMs,
    ...facts,
  });

/** The code with which the one record is refused; `accepted` when it is booked. */
const outcomeOf = async (record: unknown, reporter = downloader): Promise<string> => {
  const { accepted, rejected } = await reporter.post([record]);
  expect(accepted + rejected.length).toBe(1);
  return rejected[0]?.code ?? 'accepted';
};

describe('a peer transfer', () => {
  it('is booked with its path once its receipts and grant are proved, in JSON and in NDJSON with gzip', async () => {
    for (const options of [{}, { ndjson: true, gzip: true }]) {
      const transferId = randomUUID();
      const record = await transferOf({ transferId });
      expect(await downloader.post([record], options)).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
      const [event, ...others] = await eventsOf(transferId);
      expect(others).toEqual([]);
      expect(event).toMatchObject({
        kind: 'client-to-client',
        source: hostId(uploader.key),
        sourceAddress: '127.1.0.10',
        sourceAs: 64501,
        destination: hostId(downloader.identity.key),
        destinationAs: 64502,
        title,
        bytes: 1_000_000,
        startMs,
        endMs,
        reporter: downloader.identity.key,
      });
      expect(event?.path?.components.slice(0, 3)).toEqual(['as:64501', 'link:as:64501>as:64502', 'as:64502']);
    }
  });

  it('is booked once, however often and under whatever number it is sent', async () => {
    const transferId = randomUUID();
    const record = await transferOf({ transferId });
    expect(await downloader.post([record], { firstSequence: 500 })).toMatchObject({ accepted: 1 });
    expect(await downloader.post([record], { firstSequence: 500 })).toMatchObject({
      accepted: 0,
      duplicates: 1,
    });
    expect(await downloader.post([record], { firstSequence: 501 })).toMatchObject({
      accepted: 0,
      duplicates: 1,
    });
    expect(await eventsOf(transferId)).toHaveLength(1);
  });

  it('is split over bins, and its parts may come in any order', async () => {
    const transferId = randomUUID();
    const binMs = startMs - (startMs % BIN_MS);
    const cutMs = binMs - 1_000;
    const first = await transferOf({ transferId, toBytes: 400, startMs: cutMs - 1_000, endMs: cutMs });
    const second = await transferOf({
      transferId,
      fromBytes: 400,
      toBytes: 1_001,
      startMs: cutMs,
      endMs: binMs + 1_000,
      record: { part: 1 },
    });
    expect(await outcomeOf(second)).toBe('accepted');
    expect(await outcomeOf(first)).toBe('accepted');
    const booked = (await eventsOf(transferId)).map(({ binMs: bin, part, bytes }) => [bin, part, bytes]);
    expect(booked.sort((left, right) => left[1]! - right[1]! || left[0]! - right[0]!)).toEqual([
      [binMs - BIN_MS, 0, 400],
      [binMs - BIN_MS, 1, 300],
      [binMs, 1, 301],
    ]);
  });

  it('of a host that is seen as IPv4-mapped IPv6 is that host’s over IPv4', async () => {
    const transferId = randomUUID();
    const record = await transferOf({ transferId, record: { uploaderAddress: '::ffff:127.1.0.10' } });
    expect(await outcomeOf(record)).toBe('accepted');
    expect(await eventsOf(transferId)).toMatchObject([{ sourceAddress: '127.1.0.10', sourceAs: 64501 }]);
  });

  it('outside every prefix is booked, as unattributed', async () => {
    const transferId = randomUUID();
    const record = await transferOf({ transferId, record: { uploaderAddress: '198.51.100.7' } });
    expect(await outcomeOf(record)).toBe('accepted');
    expect(await eventsOf(transferId)).toMatchObject([
      { sourceAs: null, destinationAs: 64502, path: null, bytes: 1_000_000 },
    ]);
  });
});

describe('a message is refused on its own', () => {
  it('while those beside it are booked, and is listed with its code', async () => {
    const good = await transferOf();
    const answer = await downloader.post([{ ...good, startMs: -1 }, good, { type: 'nonsense' }]);
    expect(answer.accepted).toBe(1);
    expect(answer.rejected.map(({ code }) => code)).toEqual(['record-invalid', 'record-invalid']);
    expect(answer.rejected[0]?.message).toContain('record.startMs');
    const listed = await accounting.client.listRejections({ query: {} });
    expect(listed.rejections[1]).toMatchObject({
      reporter: downloader.identity.key,
      code: 'record-invalid',
      sequence: answer.rejected[0]?.sequence,
    });
  });

  it('for numbers that are negative, huge or no integers', async () => {
    const bytes = { startMs, endMs };
    for (const wrong of [-1, 0, 1.5, 2 ** 53, Number.MAX_VALUE, '5', null]) {
      expect(await outcomeOf(edgeTransfer({ ...bytes, bytes: wrong }), edge)).toBe('record-invalid');
    }
    expect(await outcomeOf(edgeTransfer({ ...bytes, bytes: Number.MAX_SAFE_INTEGER }), edge)).toBe(
      'bytes-implausible',
    );
    expect(await outcomeOf({ ...(await transferOf()), part: -1 })).toBe('record-invalid');
    expect(await outcomeOf({ ...(await transferOf()), maxRateBitsPerSecond: -5 })).toBe('record-invalid');
  });

  it('for a grant that is forged, altered, of another kind or of another coordinator', async () => {
    const record = await transferOf();
    const stranger = createIdentity();
    const claims = {
      ...JSON.parse(atob(record.grant.split('.')[1]!)),
      exp: Math.floor(Date.now() / 1000) + 600,
    };
    const forged = await signToken({ claims, identity: stranger, kid, type: tokenType.grant });
    const [head, body, signature] = record.grant.split('.');
    const unknownKey = await signToken({
      claims,
      identity: coordinator.identity,
      kid: 'k'.repeat(10_000),
      type: tokenType.grant,
    });
    const altered = Buffer.from(JSON.stringify({ ...claims, maxBytes: 2 ** 40 })).toString('base64url');
    const access = await signToken({ claims, identity: coordinator.identity, kid, type: tokenType.access });
    expect(body).not.toBe(altered);
    const { rejected } = await downloader.post([{ ...record, grant: unknownKey }]);
    expect(rejected).toMatchObject([{ code: 'grant-forged' }]);
    expect(rejected[0]?.message.length).toBeLessThanOrEqual(500);
    for (const grant of [forged, `${head}.${altered}.${signature}`, access, 'no.jwt.here', '.']) {
      expect(await outcomeOf({ ...record, grant })).toBe('grant-forged');
    }
    expect(await outcomeOf(await transferOf({ claims: { iss: 'coordinator.other' } }))).toBe('grant-forged');
  });

  it('for a grant that had expired when the receipt was signed, but not for one that expired since', async () => {
    const seconds = Math.floor(startMs / 1000);
    expect(await outcomeOf(await transferOf({ claims: { iat: seconds - 900, exp: seconds - 600 } }))).toBe(
      'grant-expired',
    );
    expect(await outcomeOf(await transferOf({ claims: { iat: seconds - 900, exp: seconds + 3 } }))).toBe(
      'accepted',
    );
    expect(await outcomeOf(await transferOf({ claims: { iat: seconds + 600, exp: seconds + 900 } }))).toBe(
      'grant-not-yet-valid',
    );
  });

  it('for bytes past its grant', async () => {
    const claims = { maxBytes: 999_999 };
    expect(await outcomeOf(await transferOf({ claims }))).toBe('grant-exceeded');
    expect(await outcomeOf(await transferOf({ claims, toBytes: 999_999 }))).toBe('accepted');
  });

  it('for receipts that are forged, of another transfer, or go back', async () => {
    const transferId = randomUUID();
    const record = await transferOf({ transferId });
    const bytes = Buffer.from(record.to, 'base64url');
    bytes[120] = bytes[120]! ^ 1;
    expect(await outcomeOf({ ...record, to: bytes.toString('base64url') })).toBe('receipt-forged');
    const facts = {
      uploader: uploader.key,
      downloader: downloader.identity,
      cumulativeBytes: 5,
      timeMs: endMs,
    };
    const elsewhere = encode({ ...facts, transferId: randomUUID() });
    expect(await outcomeOf({ ...record, to: elsewhere })).toBe('receipt-mismatch');
    const otherContent = encode({ ...facts, transferId, contentId: 'ab'.repeat(32) });
    expect(await outcomeOf({ ...record, to: otherContent })).toBe('receipt-mismatch');
    const otherUploader = encode({ ...facts, transferId, uploader: createIdentity().key });
    expect(await outcomeOf({ ...record, to: otherUploader })).toBe('receipt-mismatch');
    const backwards = { transferId, fromBytes: 1_000_001, record: { part: 1 } };
    expect(await outcomeOf(await transferOf(backwards))).toBe('receipt-order');
    expect(await outcomeOf(await transferOf({ transferId, record: { part: 1 } }))).toBe('receipt-missing');
    expect(await outcomeOf(await transferOf({ transferId, fromBytes: 5 }))).toBe('receipt-order');
  });

  it('for bytes that another part covers, and for a part told in two ways', async () => {
    const transferId = randomUUID();
    const second = { startMs: endMs, endMs: endMs + 1_000, record: { part: 1 } };
    expect(await outcomeOf(await transferOf({ transferId, toBytes: 1_000 }))).toBe('accepted');
    expect(await outcomeOf(await transferOf({ transferId, fromBytes: 0, toBytes: 1_000, ...second }))).toBe(
      'part-overlap',
    );
    expect(
      await outcomeOf(await transferOf({ transferId, fromBytes: 1_001, toBytes: 1_500, ...second })),
    ).toBe('part-chain');
    expect(await outcomeOf(await transferOf({ transferId, toBytes: 1_000, startMs: startMs - BIN_MS }))).toBe(
      'part-conflict',
    );
    expect(
      await outcomeOf(await transferOf({ transferId, fromBytes: 1_000, toBytes: 1_500, ...second })),
    ).toBe('accepted');
    const events = await eventsOf(transferId);
    expect(events.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(1_500);
  });

  it('for times that go back, lie ahead, or are long gone', async () => {
    const now = Date.now();
    const day = 86_400_000;
    const edgeOutcome = (from: number, to: number) =>
      outcomeOf(edgeTransfer({ bytes: 5, startMs: from, endMs: to }), edge);
    expect(await edgeOutcome(endMs, startMs)).toBe('times-invalid');
    expect(await edgeOutcome(now, now + 120_000)).toBe('time-in-future');
    expect(await edgeOutcome(now - 94 * day, now - 94 * day + 5)).toBe('time-too-old');
    expect(await edgeOutcome(now - 2 * day, now - day + 60_000)).toBe('part-too-long');
    expect(await outcomeOf(await transferOf({ startMs: startMs - 3_600_000 }))).toBe('times-invalid');
    const late = { fromBytes: 5, record: { part: 1, startMs: startMs - 1_000 } };
    expect(await outcomeOf(await transferOf(late))).toBe('times-invalid');
  });

  it('when it is not for its reporter to tell', async () => {
    const other = createIdentity();
    expect(await outcomeOf(await transferOf({ downloader: other }))).toBe('reporter-not-party');
    expect(await outcomeOf(edgeTransfer({ bytes: 5, startMs, endMs }))).toBe('role-not-permitted');
    expect(await outcomeOf(await transferOf(), edge)).toBe('role-not-permitted');
    expect(await outcomeOf(completionOf(other, endMs))).toBe('reporter-not-party');
  });

  it('when a completion is not signed as it says', async () => {
    const completion = completionOf(downloader.identity, endMs);
    expect(await outcomeOf({ ...completion, sizeBytes: sizeBytes - 1 })).toBe('completion-forged');
    expect(await outcomeOf(completion)).toBe('accepted');
  });

  it('when an uploader’s statement is not the uploader’s', async () => {
    const agent = createTestReporter(coordinator, 'agent', () => accounting.url);
    const transfer = await transferOf({ uploader: agent.identity });
    const statement = {
      type: 'uploader-statement',
      grant: transfer.grant,
      receipt: transfer.to,
      sentBytes: 1_048_576,
      downloaderAddress: '127.2.0.20',
    };
    expect(await outcomeOf(statement)).toBe('reporter-not-party');
    expect(await outcomeOf(statement, agent)).toBe('accepted');
  });
});

describe('a batch is refused whole', () => {
  const codeOf = async (posting: Promise<unknown>) =>
    posting.then(
      () => 'accepted',
      (error: { code: string; status: number }) => `${error.status} ${error.code}`,
    );

  it('when its signature or its sender is not right', async () => {
    const record = await transferOf();
    const stranger = createIdentity();
    expect(await codeOf(downloader.post([record], { signer: stranger }))).toBe('403 batch-forged');
    const token = await coordinator.access(stranger.key, 'agent');
    expect(await codeOf(downloader.post([record], { token }))).toBe('403 reporter-mismatch');
  });

  it('when its token is expired, forged, for another service, or missing', async () => {
    const { key } = downloader.identity;
    const seconds = Math.floor(Date.now() / 1000);
    const expired = await coordinator.access(key, 'agent', { exp: seconds - 120 });
    expect(await codeOf(downloader.post([{}], { token: expired }))).toBe('401 token-expired');
    const foreign = await coordinator.access(key, 'agent', { aud: 'edge' });
    expect(await codeOf(downloader.post([{}], { token: foreign }))).toBe('401 token-audience');
    const claims = { iss: 'x', aud: 'accounting', iat: seconds, exp: seconds + 60, role: 'agent', sub: key };
    const forged = await signToken({ claims, identity: createIdentity(), kid, type: tokenType.access });
    expect(await codeOf(downloader.post([{}], { token: forged }))).toBe('401 token-forged');
    expect(await codeOf(downloader.post([{}], { token: accounting.service.operatorToken }))).toBe(
      '401 token-malformed',
    );
  });

  it('when it is too large, also when gzip makes it small', async () => {
    const huge = { type: 'nonsense', filling: 'a'.repeat(17 * 1024 * 1024) };
    expect(await codeOf(downloader.post([huge]))).toBe('413 body-too-large');
    expect(await codeOf(downloader.post([huge], { gzip: true }))).toBe('413 body-too-large');
  });

  it('when it is no batch', async () => {
    expect(await codeOf(downloader.post([]))).toBe('400 invalid-request');
    expect(await codeOf(downloader.post([{}], { incarnation: 'one' }))).toBe('400 invalid-request');
    expect(await codeOf(downloader.post([{}], { firstSequence: -1 }))).toBe('400 invalid-request');
    expect(await codeOf(downloader.post([{}], { ndjson: true, incarnation: 'one' }))).toBe(
      '400 invalid-request',
    );
  });
});
