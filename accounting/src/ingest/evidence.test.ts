import { randomUUID } from 'node:crypto';
import { createIdentity } from '@fairhop/shared/crypto';
import type { PathEvidenceRecord } from '@fairhop/shared/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestReporter, edgeTransfer, type TestReporter } from '../fixture/reporter.js';
import { type Reporting, startReporting } from '../fixture/reporting.js';

let reporting: Reporting;
let uploader: TestReporter;
beforeAll(async () => {
  reporting = await startReporting();
  uploader = createTestReporter(reporting.coordinator, 'agent', () => reporting.accounting.url);
});
afterAll(() => reporting.stop());

const grantOf = (transferId: string, claims: object = {}): Promise<string> =>
  reporting.coordinator.grant({
    jti: transferId,
    uploader: uploader.identity.key,
    downloader: reporting.downloader.identity.key,
    uploaderAsn: 64501,
    downloaderAsn: 64502,
    ...claims,
  });

/** A trace by the uploader of a transfer from SP1 to SP2, but for what is given otherwise. */
const evidence = async (
  changes: Partial<PathEvidenceRecord> = {},
  claims: object = {},
): Promise<PathEvidenceRecord> => {
  const transferId = changes.transferId ?? randomUUID();
  return {
    type: 'path-evidence',
    transferId,
    grant: await grantOf(transferId, claims),
    direction: 'forward',
    tool: 'traceroute',
    protocol: 'udp',
    startMs: reporting.startMs,
    endMs: reporting.endMs,
    sourceAddress: '127.1.0.10',
    destinationAddress: '127.2.0.20',
    reached: true,
    hops: [
      { timeToLive: 1, replies: [{ address: '127.1.0.1', name: 'bas1.sp1.example', roundTripMicros: 400 }] },
      { timeToLive: 2, replies: [] },
    ],
    host: { privateAddress: '192.168.1.2', natType: 'endpoint-independent' },
    ...changes,
  };
};
const reversed = {
  direction: 'reverse',
  sourceAddress: '127.2.0.20',
  destinationAddress: '127.1.0.10',
} as const;

describe('a traceroute', () => {
  it('of either end of a transfer is kept, without the grant', async () => {
    const { accounting, downloader, outcomeOf } = reporting;
    const forward = await evidence();
    expect(await outcomeOf(forward, uploader)).toBe('accepted');
    expect(await outcomeOf(await evidence(reversed), downloader)).toBe('accepted');
    const { evidence: kept } = await accounting.client.listEvidence({
      query: { transferId: forward.transferId },
    });
    const { grant: _, ...record } = forward;
    expect(kept).toMatchObject([{ reporter: uploader.identity.key, record }]);
  });

  it('of an edge needs no grant', async () => {
    const { edge, outcomeOf } = reporting;
    const { grant: _, ...record } = await evidence({ sourceAddress: '127.0.0.1' });
    expect(await outcomeOf(record, edge)).toBe('accepted');
  });

  it('makes no row, and is acknowledged once', async () => {
    const { eventsOf } = reporting;
    const record = await evidence();
    const options = { firstSequence: 900, incarnation: randomUUID() };
    expect(await uploader.post([record], options)).toMatchObject({ accepted: 1 });
    expect(await uploader.post([record], options)).toMatchObject({ accepted: 0, duplicates: 1 });
    expect(await eventsOf(record.transferId)).toEqual([]);
  });

  it('describes the paths of its own batch, whichever message is first', async () => {
    const { edge, startMs, endMs, eventsOf } = reporting;
    const transferId = randomUUID();
    const destinationAddress = '127.1.77.20';
    const part = edgeTransfer({ transferId, bytes: 10, startMs, endMs, destinationAddress });
    const { grant: _, ...trace } = await evidence({
      ...{ transferId, destinationAddress, sourceAddress: '127.0.0.1' },
      reached: false,
      hops: [{ timeToLive: 1, replies: [{ address: '127.1.77.1', roundTripMicros: 400 }] }],
    });
    expect(await edge.post([part, trace])).toMatchObject({ accepted: 2, rejected: [] });
    const [event] = await eventsOf(transferId);
    expect(JSON.stringify(event)).toContain('router:127.1.77.1');
  });

  it('is refused where it is not for its reporter to tell', async () => {
    const { downloader, outcomeOf } = reporting;
    const { grant: _, ...without } = await evidence();
    expect(await outcomeOf(without, uploader)).toBe('grant-missing');
    expect(await outcomeOf(await evidence(), downloader)).toBe('reporter-not-party');
    expect(await outcomeOf(await evidence(reversed), uploader)).toBe('reporter-not-party');
    const stranger = { uploader: createIdentity().key };
    expect(await outcomeOf(await evidence({}, stranger), uploader)).toBe('reporter-not-party');
    const other = { grant: await grantOf(randomUUID()) };
    expect(await outcomeOf(await evidence(other), uploader)).toBe('evidence-mismatch');
    expect(await outcomeOf(await evidence({ grant: 'nonsense' }), uploader)).toBe('grant-forged');
  });

  it('is refused between other places than its transfer’s', async () => {
    const { downloader, outcomeOf } = reporting;
    expect(await outcomeOf(await evidence({ destinationAddress: '127.3.0.20' }), uploader)).toBe(
      'evidence-mismatch',
    );
    expect(await outcomeOf(await evidence({ destinationAddress: '203.0.113.1' }), uploader)).toBe(
      'evidence-mismatch',
    );
    expect(await outcomeOf(await evidence({ sourceAddress: '127.2.0.1' }), uploader)).toBe(
      'uploader-outside-permit',
    );
    expect(
      await outcomeOf(await evidence({ ...reversed, destinationAddress: '127.9.0.1' }), downloader),
    ).toBe('uploader-outside-permit');
    // Where the coordinator did not know the AS, nothing contradicts the address.
    const unknown = { downloaderAsn: null };
    expect(await outcomeOf(await evidence({ destinationAddress: '127.3.0.20' }, unknown), uploader)).toBe(
      'accepted',
    );
  });

  it('is refused out of its time and beyond its size', async () => {
    const { startMs, outcomeOf } = reporting;
    expect(await outcomeOf(await evidence({ endMs: startMs - 1 }), uploader)).toBe('times-invalid');
    const longAgo = { startMs: startMs - 40 * 60_000, endMs: startMs };
    expect(await outcomeOf(await evidence(longAgo), uploader)).toBe('grant-not-yet-valid');
    const reply = { address: '127.1.0.1', name: 'n'.repeat(250), roundTripMicros: 1 };
    const hops = Array.from({ length: 64 }, (_, index) => ({
      timeToLive: index + 1,
      replies: [reply, reply, reply],
    }));
    expect(await outcomeOf(await evidence({ hops }), uploader)).toBe('evidence-too-large');
  });
});
