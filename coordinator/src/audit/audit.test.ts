import { randomBytes } from 'node:crypto';
import { type AuditOutcome, type CoordinatorMessage, edgeEndpoints } from '@fairhop/shared/contract';
import { auditDigest, createIdentity, verifyToken } from '@fairhop/shared/crypto';
import { auditClaimsSchema, FairhopError, MIN_PIECE_LENGTH_BYTES, tokenType } from '@fairhop/shared/model';
import { createHttpService, createLog, type HttpService, route } from '@fairhop/shared/service';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CoordinatorFixture, createTestEdge, publicationOf, startCoordinator } from '../test-kit.js';
import { openTestSession, type TestSession } from '../test-session.js';
import { createAuditDesk } from './audit-desk.js';
import { randomRange } from './question.js';

type Audit = Extract<CoordinatorMessage, { type: 'audit' }>;

const PIECE = MIN_PIECE_LENGTH_BYTES;
const bytes = randomBytes(3 * PIECE + 10_000);
const publication = publicationOf(bytes);
const { contentId } = publication.manifest;
const digestOf = ({ piece, offset, lengthBytes, nonce }: Audit): string =>
  auditDigest(nonce, bytes.subarray(piece * PIECE + offset, piece * PIECE + offset + lengthBytes));

/** An edge that has the content, as far as audits see it; `isAway` has it refuse. */
class AuditEdge {
  http!: HttpService;
  isAway = false;
  asked = 0;

  async start(coordinatorKey: string): Promise<void> {
    this.http = createHttpService({
      name: 'edge',
      host: '127.0.0.1',
      port: 0,
      log: createLog({ name: 'edge', level: 'silent' }),
      bodyLimitBytes: 8 * 1024,
      rateLimit: { max: 10_000, timeWindowMs: 60_000 },
    });
    this.http.routes((app) =>
      route(app, edgeEndpoints.audit, {}, async ({ body: { token } }) => {
        this.asked += 1;
        if (this.isAway) throw new FairhopError('origin-unreachable', 'no', { status: 502 });
        const claims = await verifyToken({
          token,
          type: tokenType.audit,
          schema: auditClaimsSchema,
          keyOf: () => coordinatorKey,
          issuer: 'coordinator',
          audience: 'edge1',
          nowMs: Date.now(),
        });
        expect(claims.content).toBe(contentId);
        const from = claims.piece * PIECE + claims.offset;
        return { digest: auditDigest(claims.nonce, bytes.subarray(from, from + claims.lengthBytes)) };
      }),
    );
    await this.http.start();
  }
}

let fixture: CoordinatorFixture;
let edge: AuditEdge;
let uploader: TestSession;
let downloader: TestSession;

async function start(answerTimeoutMs: number): Promise<void> {
  fixture = await startCoordinator({ audits: { probabilityPerPiece: 1, answerTimeoutMs } });
  const { client } = fixture;
  await client.putOwner({ params: { owner: 'studio' }, body: { name: 'Studio' } });
  await client.publish({ params: { owner: 'studio', name: 'film' }, body: publication });
  await client.putAgreement({
    params: { isp: 'sp1', id: 'homes' },
    body: { networks: ['127.1.0.0/17'], validFromMs: 0, validUntilMs: 8_000_000_000_000 },
  });
  edge = new AuditEdge();
  await edge.start((await client.info({})).publicKey);
  const registered = createTestEdge(fixture, { url: edge.http.url });
  await registered.register();
  await registered.beat();
  uploader = await openSession('127.1.0.4');
  uploader.send({ type: 'holding', contentId, pieces: 'all', wants: false });
  downloader = await openDownloader();
}
async function stop(): Promise<void> {
  await fixture.stop();
  await edge.http.stop();
}
beforeEach(() => start(10_000));
afterEach(stop);

async function openSession(address: string, identity = createIdentity()): Promise<TestSession> {
  const session = await openTestSession(fixture, { address, identity });
  const { permit } = await session.next('welcome');
  session.send({
    type: 'readiness',
    readiness: {
      ...{ ready: true, reasons: [], slots: 8, rateBitsPerSecond: 10_000_000, bytesLeft: 10 ** 12 },
      permitId: permit!.id,
    },
  });
  return session;
}

/** Peers were named to it. */
async function openDownloader(identity = createIdentity()): Promise<TestSession> {
  const session = await openSession('127.1.0.5', identity);
  session.send({ type: 'holding', contentId, pieces: 'AA==', wants: true });
  await expect.poll(async () => (await sourcesOf(session)).peers.length).toBeGreaterThan(0);
  return session;
}

async function sourcesOf(session: TestSession) {
  const query = { title: 'studio/film', maxPeers: 4, exclude: [], bytesWanted: bytes.length };
  session.send({ type: 'find-sources', requestId: 1, ...query });
  return session.next('sources');
}

async function audited(piece: number, session = downloader): Promise<Audit> {
  session.send({ type: 'have', contentId, pieces: [piece] });
  const audit = await session.next('audit');
  expect(audit).toMatchObject({ contentId, piece });
  return audit;
}
const outcomes = async (): Promise<AuditOutcome['outcome'][]> =>
  (await fixture.client.listAudits({ query: {} })).audits.map(({ outcome }) => outcome);
const quarantined = async () => (await fixture.client.listQuarantine({ query: {} })).quarantine;

describe('an audit', () => {
  it('passes where the agent holds what it acknowledged, the short last piece too', async () => {
    for (const piece of [0, 3]) {
      const audit = await audited(piece);
      expect(await outcomes()).toContain('pending');
      downloader.send({ type: 'audit-answer', auditId: audit.auditId, digest: digestOf(audit) });
      await expect.poll(async () => (await outcomes()).filter((one) => one === 'pending')).toEqual([]);
    }
    expect(await outcomes()).toEqual(['passed', 'passed']);
    expect(await quarantined()).toEqual([]);
    const mine = { limit: 1, agent: downloader.identity.key };
    expect((await fixture.client.listAudits({ query: mine })).audits).toHaveLength(1);
    const other = { agent: uploader.identity.key };
    expect((await fixture.client.listAudits({ query: other })).audits).toEqual([]);
  });

  it('fails where it answers with another digest: a day in quarantine, with what shows it', async () => {
    const audit = await audited(2);
    // Nobody answers for another.
    uploader.send({ type: 'audit-answer', auditId: audit.auditId, digest: 'f'.repeat(64) });
    const answered = digestOf({ ...audit, offset: audit.offset + 1 });
    downloader.send({ type: 'audit-answer', auditId: audit.auditId, digest: answered });
    const told = await downloader.next('quarantine');
    expect(told.quarantine?.reasons[0]).toContain(`piece 2 of content ${contentId}`);
    expect(await outcomes()).toEqual(['failed']);
    const [found] = await quarantined();
    expect(found).toMatchObject({
      agent: downloader.identity.key,
      by: 'coordinator',
      suspicions: [{ check: 'audit-failed', score: 100 }],
    });
    expect(found!.untilMs! - found!.sinceMs).toBeGreaterThan(23 * 3_600_000);
    expect(JSON.parse(found!.suspicions[0]!.evidence[0]!)).toMatchObject({
      contentId,
      nonce: audit.nonce,
      answered,
      expected: digestOf(audit),
    });
    expect((await sourcesOf(downloader)).peers).toEqual([]);
    fixture = await fixture.restart();
    expect(await outcomes()).toEqual(['failed']);
  });

  it('is nobody’s fault where no edge can tell what is right', async () => {
    edge.isAway = true;
    const audit = await audited(1);
    downloader.send({ type: 'audit-answer', auditId: audit.auditId, digest: 'f'.repeat(64) });
    await expect.poll(outcomes).toEqual(['unverifiable']);
    expect(await quarantined()).toEqual([]);
  });

  it('that is not answered counts when it is the third in a row', async () => {
    await stop();
    await start(500);
    const { identity } = downloader;
    // Without a word, by an ended session, and by saying that it is gone.
    await audited(0);
    await expect.poll(outcomes).toEqual(['unanswered']);
    await audited(1);
    await downloader.close();
    await expect.poll(outcomes).toEqual(['unanswered', 'unanswered']);
    downloader = await openDownloader(identity);
    expect(await quarantined()).toEqual([]);
    const { auditId } = await audited(2);
    downloader.send({ type: 'audit-answer', auditId });
    expect((await downloader.next('quarantine')).quarantine?.reasons[0]).toContain('3 times in a row');
    expect(await quarantined()).toMatchObject([{ suspicions: [{ check: 'audit-unanswered', score: 60 }] }]);
    expect(edge.asked).toBe(0);
  });

  it('that passes forgives those that were not answered before', async () => {
    for (const piece of [0, 1]) {
      const { auditId } = await audited(piece);
      downloader.send({ type: 'audit-answer', auditId });
    }
    const audit = await audited(2);
    downloader.send({ type: 'audit-answer', auditId: audit.auditId, digest: digestOf(audit) });
    await expect.poll(outcomes).toEqual(['passed', 'unanswered', 'unanswered']);
    const { auditId } = await audited(3);
    downloader.send({ type: 'audit-answer', auditId });
    await expect.poll(async () => (await outcomes())[0]).toBe('unanswered');
    expect(await quarantined()).toEqual([]);
  });
});

describe('draws', () => {
  it('are known that were issued, over a restart too; made-up ones are not', async () => {
    const other = await openSession('127.1.0.6');
    other.send({ type: 'holding', contentId, pieces: 'AA==', wants: true });
    const { peers } = await sourcesOf(other);
    const made = '01234567-89ab-7cde-8f01-23456789abcd';
    const transferIds = [peers[0]!.transferId, made];
    expect(await fixture.client.checkDraws({ body: { transferIds } })).toEqual({ unknown: [made] });
    fixture = await fixture.restart();
    expect(await fixture.client.checkDraws({ body: { transferIds } })).toEqual({ unknown: [made] });
  });
});

describe('whom it asks', () => {
  const content = { sizeBytes: bytes.length, pieceCount: 4 };

  it('is as likely as configured, one question at a time', async () => {
    let state = 7;
    // A linear congruential generator (Numerical Recipes), so that the test is the same each time.
    const random = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const asked: string[] = [];
    const desk = createAuditDesk(
      { probabilityPerPiece: 0.1, answerTimeoutMs: 1_000 },
      {
        log: createLog({ name: 'test', level: 'silent' }),
        clock: { nowMs: () => 0 },
        random,
        outcomes: { append: () => undefined, latest: () => [], stop: () => undefined },
        digests: { digestOf: async () => undefined, stop: async () => undefined },
        quarantine: () => undefined,
        onOutcome: () => undefined,
      },
    );
    const acknowledge = (agent: string): void =>
      desk.acknowledged({
        ...{ agent, contentId, content, pieces: [0], edges: () => [] },
        send: ({ auditId }) => {
          asked.push(agent);
          desk.answered(agent, auditId, undefined);
        },
      });
    for (let index = 0; index < 5_000; index += 1) acknowledge(`agent${index}`);
    expect(asked.length).toBeGreaterThan(400);
    expect(asked.length).toBeLessThan(600);
    const never: string[] = [];
    for (let index = 0; index < 1_000; index += 1)
      desk.acknowledged({
        ...{ agent: 'silent', contentId, content, pieces: [0, 1, 2, 3], edges: () => [] },
        send: ({ auditId }) => never.push(auditId),
      });
    expect(never).toHaveLength(1);
    await desk.stop();
  });

  it('asks for ranges within the piece', () => {
    const sizes = fc.integer({ min: 1, max: 2 ** 36 }).chain((sizeBytes) => {
      const least = Math.max(18, Math.ceil(Math.log2(sizeBytes / 65_536)));
      return fc.integer({ min: least, max: Math.max(least, 24) }).map((power) => ({
        sizeBytes,
        pieceLengthBytes: 2 ** power,
        pieceCount: Math.ceil(sizeBytes / 2 ** power),
      }));
    });
    const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(sizes, unit, unit, unit, (size, where, one, two) => {
        const piece = Math.floor(where * size.pieceCount);
        const values = [one, two];
        const { offset, lengthBytes } = randomRange(size, piece, () => values.shift()!);
        const end = Math.min(size.pieceLengthBytes, size.sizeBytes - piece * size.pieceLengthBytes);
        expect(lengthBytes).toBeGreaterThan(0);
        expect(lengthBytes).toBeLessThanOrEqual(65_536);
        expect(offset).toBeGreaterThanOrEqual(0);
        expect(offset + lengthBytes).toBeLessThanOrEqual(end);
      }),
    );
  });
});
