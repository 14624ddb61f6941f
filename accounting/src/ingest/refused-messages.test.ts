import { randomUUID } from 'node:crypto';
import { createIdentity, signToken } from '@fairhop/shared/crypto';
import { BIN_MS, hostId, tokenType } from '@fairhop/shared/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kid, sizeBytes } from '../fixture/coordinator.js';
import { completionOf, createTestReporter, edgeTransfer, encode, statementOf } from '../fixture/reporter.js';
import { type Reporting, startReporting } from '../fixture/reporting.js';

let reporting: Reporting;
beforeAll(async () => {
  reporting = await startReporting();
});
afterAll(() => reporting.stop());

describe('a message is refused on its own', () => {
  it('while those beside it are booked, and is listed with its code', async () => {
    const { accounting, downloader, transferOf } = reporting;
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
    const { edge, startMs, endMs, transferOf, outcomeOf } = reporting;
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
    const { coordinator, downloader, transferOf, outcomeOf } = reporting;
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
    const { startMs, transferOf, outcomeOf } = reporting;
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
    const { transferOf, outcomeOf } = reporting;
    const claims = { maxBytes: 999_999 };
    expect(await outcomeOf(await transferOf({ claims }))).toBe('grant-exceeded');
    expect(await outcomeOf(await transferOf({ claims, toBytes: 999_999 }))).toBe('accepted');
  });

  it('for an uploader that sent from outside the networks of its permit', async () => {
    const { transferOf, eventsOf, outcomeOf } = reporting;
    const transferId = randomUUID();
    const from = (uploaderAddress: string) => transferOf({ transferId, record: { uploaderAddress } });
    for (const address of ['127.3.0.10', '127.2.255.255', '::1', '198.51.100.7']) {
      expect(await outcomeOf(await from(address))).toBe('uploader-outside-permit');
    }
    const permit = { id: 'permit-1', isp: 'sp1', networks: ['127.1.0.0/24', '127.1.8.0/24'] };
    expect(
      await outcomeOf(
        await transferOf({ transferId, claims: { permit }, record: { uploaderAddress: '127.1.1.0' } }),
      ),
    ).toBe('uploader-outside-permit');
    expect(await eventsOf(transferId)).toEqual([]);
    expect(
      await outcomeOf(
        await transferOf({ transferId, claims: { permit }, record: { uploaderAddress: '127.1.8.255' } }),
      ),
    ).toBe('accepted');
  });

  it('for receipts that are forged, of another transfer, or go back', async () => {
    const { downloader, uploader, endMs, transferOf, outcomeOf } = reporting;
    const transferId = randomUUID();
    const record = await transferOf({ transferId });
    const bytes = Buffer.from(record.to, 'base64url');
    bytes[60] = bytes[60]! ^ 1;
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
    expect(await outcomeOf({ ...record, to: otherContent })).toBe('receipt-forged');
    const otherUploader = encode({ ...facts, transferId, uploader: createIdentity().key });
    expect(await outcomeOf({ ...record, to: otherUploader })).toBe('receipt-forged');
    const noFirst = encode({ ...facts, transferId, sequence: 0 });
    expect(await outcomeOf({ ...record, to: noFirst })).toBe('receipt-chain');
    const firstVersion = Buffer.alloc(133, 1).toString('base64url');
    expect(await outcomeOf({ ...record, to: firstVersion })).toBe('receipt-version');
    const backwards = { transferId, fromBytes: 1_000_001, record: { part: 1 } };
    expect(await outcomeOf(await transferOf(backwards))).toBe('receipt-order');
    expect(await outcomeOf(await transferOf({ transferId, record: { part: 1 } }))).toBe('receipt-missing');
    expect(await outcomeOf(await transferOf({ transferId, fromBytes: 5 }))).toBe('receipt-order');
  });

  it('for bytes that another part covers, and for a part told in two ways', async () => {
    const { startMs, endMs, transferOf, eventsOf, outcomeOf } = reporting;
    const transferId = randomUUID();
    const second = { startMs: endMs, endMs: endMs + 1_000, record: { part: 1 } };
    expect(await outcomeOf(await transferOf({ transferId, toBytes: 1_000 }))).toBe('accepted');
    expect(await outcomeOf(await transferOf({ transferId, fromBytes: 500, toBytes: 1_500, ...second }))).toBe(
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
    const { edge, startMs, endMs, transferOf, outcomeOf } = reporting;
    const now = Date.now();
    const day = 86_400_000;
    const edgeOutcome = (from: number, to: number) =>
      outcomeOf(edgeTransfer({ bytes: 5, startMs: from, endMs: to }), edge);
    expect(await edgeOutcome(endMs, startMs)).toBe('times-invalid');
    expect(await edgeOutcome(now, now + 660_000)).toBe('time-in-future');
    expect(await edgeOutcome(now - 94 * day, now - 94 * day + 5)).toBe('time-too-old');
    expect(await edgeOutcome(now - 2 * day, now - day + 60_000)).toBe('part-too-long');
    expect(await outcomeOf(await transferOf({ startMs: startMs - 3_600_000 }))).toBe('times-invalid');
    const late = { fromBytes: 5, record: { part: 1, startMs: startMs - 1_000 } };
    expect(await outcomeOf(await transferOf(late))).toBe('times-invalid');
  });

  it('when it is not for its reporter to tell', async () => {
    const { edge, startMs, endMs, transferOf, outcomeOf } = reporting;
    const other = createIdentity();
    expect(await outcomeOf(await transferOf({ downloader: other }))).toBe('reporter-not-party');
    expect(await outcomeOf(edgeTransfer({ bytes: 5, startMs, endMs }))).toBe('role-not-permitted');
    expect(await outcomeOf(await transferOf(), edge)).toBe('role-not-permitted');
    expect(await outcomeOf(completionOf(other, endMs))).toBe('reporter-not-party');
  });

  it('when the edge that reports it had no end in it', async () => {
    const { edge, startMs, endMs, eventsOf, outcomeOf } = reporting;
    const own = hostId(edge.identity.key);
    const other = hostId(createIdentity().key);
    const told = (facts: object) => outcomeOf(edgeTransfer({ bytes: 5, startMs, endMs, ...facts }), edge);
    expect(await told({ source: other })).toBe('edge-not-party');
    expect(await told({ source: other, destination: own })).toBe('edge-not-party');
    expect(await told({ kind: 'origin-to-edge', source: own })).toBe('edge-not-party');
    expect(await told({ kind: 'edge-to-edge', source: other, destination: other })).toBe('edge-not-party');
    const transferId = randomUUID();
    expect(await told({ kind: 'origin-to-edge', transferId, source: other, destination: own })).toBe(
      'accepted',
    );
    expect(await eventsOf(transferId)).toMatchObject([{ source: other, destination: own }]);
    expect(await told({ kind: 'edge-to-edge', source: other, destination: own })).toBe('accepted');
  });

  it('when a completion is not signed as it says', async () => {
    const { downloader, endMs, outcomeOf } = reporting;
    const completion = completionOf(downloader.identity, endMs);
    expect(await outcomeOf({ ...completion, sizeBytes: sizeBytes - 1 })).toBe('completion-forged');
    expect(await outcomeOf(completion)).toBe('accepted');
  });

  it('when a transfer is cut into more parts than there is time for', async () => {
    const { transferOf, outcomeOf } = reporting;
    const part = (number: number) => transferOf({ fromBytes: 5, record: { part: number } });
    expect(await outcomeOf(await part(1_000))).toBe('part-rate');
    expect(await outcomeOf(await part(10))).toBe('accepted');
  });

  it('when an uploader’s statement is not the uploader’s, or not of its transfer', async () => {
    const { coordinator, accounting, startMs, endMs, transferOf, outcomeOf } = reporting;
    const agent = createTestReporter(coordinator, 'agent', () => accounting.url);
    const transfer = await transferOf({ uploader: agent.identity });
    const facts = { sentBytes: 1_048_576, timeMs: endMs };
    const statement = statementOf(transfer, agent.identity, facts);
    expect(await outcomeOf(statement)).toBe('reporter-not-party');
    expect(await outcomeOf({ ...statement, sentBytes: 1_048_577 }, agent)).toBe('statement-forged');
    const another = await transferOf({ uploader: agent.identity });
    expect(await outcomeOf({ ...statement, grant: another.grant }, agent)).toBe('statement-forged');
    const shown = statementOf({ ...transfer, to: another.to }, agent.identity, facts);
    expect(await outcomeOf(shown, agent)).toBe('receipt-mismatch');
    const told = (change: object) =>
      outcomeOf(statementOf(transfer, agent.identity, { ...facts, ...change }), agent);
    expect(await told({ sequence: 3 })).toBe('statement-chain');
    const chained = { sequence: 1, previousDigest: '11'.repeat(32) };
    expect(await told({ ...chained, sentBytes: 10_000_001 })).toBe('grant-exceeded');
    expect(await told({ ...chained, timeMs: startMs - 86_400_000 })).toBe('grant-not-yet-valid');
    expect(await told({ ...chained, sequence: 10_000 })).toBe('statement-rate');
    expect(await outcomeOf(statement, agent)).toBe('accepted');
  });

  it('when an agent’s words contradict what it signed before', async () => {
    const { coordinator, accounting, downloader, endMs, transferOf, eventsOf, outcomeOf } = reporting;
    const agent = createTestReporter(coordinator, 'agent', () => accounting.url);
    const transferId = randomUUID();
    const transfer = await transferOf({ transferId, uploader: agent.identity });
    const facts = { sentBytes: 1_048_576, timeMs: endMs };
    expect(await outcomeOf(transfer)).toBe('accepted');
    expect(await outcomeOf(statementOf(transfer, agent.identity, facts), agent)).toBe('accepted');
    const less = statementOf(transfer, agent.identity, { ...facts, sentBytes: 7 });
    expect(await outcomeOf(less, agent)).toBe('statement-contradicts');
    const parties = { transferId, uploader: agent.identity.key, downloader: downloader.identity };
    const to = encode({ ...parties, cumulativeBytes: 5, timeMs: endMs, sequence: 4_000_000 });
    expect(await outcomeOf({ ...transfer, part: 1, from: transfer.to, to })).toBe('receipt-order');
    expect(await outcomeOf({ ...transfer, to })).toBe('receipt-contradicts');
    expect(await eventsOf(transferId)).toHaveLength(1);
  });
});
