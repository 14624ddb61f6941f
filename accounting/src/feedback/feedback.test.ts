import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coordinatorTrustEndpoints } from '@fairhop/shared/contract';
import { createIdentity } from '@fairhop/shared/crypto';
import { FairhopError, type Quarantine, type Suspicion } from '@fairhop/shared/model';
import { createHttpService, createLog, type HttpService, route, systemClock } from '@fairhop/shared/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createQuarantineFeedback, type QuarantineFeedback } from './index.js';

const log = createLog({ name: 'test', level: 'silent' });
const TOKEN = 'the-coordinators-operator-token';
const agents = Array.from({ length: 20 }, () => createIdentity().key);
const [agent] = agents as [string];
const suspicion = (changes: Partial<Suspicion> = {}): Suspicion => ({
  check: 'receipt-fork',
  score: 100,
  message: 'it signed two histories',
  evidence: ['one', 'other'],
  timeMs: 1,
  ...changes,
});
const hour = () => Date.now() + 3_600_000;

let directory: string;
let http: HttpService | undefined;
let port = 0;
let received: Quarantine[];
/** What the coordinator answers with instead. */
let refusal: FairhopError | undefined;
/** What it waits for before it answers. */
let answerGate: Promise<void> | undefined;
/** With so many left to list, or fewer, it has no page. */
let failsBelow: number;
const running: QuarantineFeedback[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairhop-feedback-'));
  received = [];
  failsBelow = -1;
  refusal = undefined;
  answerGate = undefined;
  port = 0;
  await startCoordinator();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((feedback) => feedback.stop()));
  await http?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function startCoordinator(): Promise<void> {
  const service = createHttpService({
    ...{ name: 'coordinator', host: '127.0.0.1', port, log, bodyLimitBytes: 256 * 1024, stopGraceMs: 0 },
    rateLimit: { max: 10_000, timeWindowMs: 60_000 },
  });
  service.routes((app) => {
    route(app, coordinatorTrustEndpoints.putQuarantine, {}, async ({ params, body, request }) => {
      expect(request.headers.authorization).toBe(`Bearer ${TOKEN}`);
      if (refusal) throw refusal;
      const quarantine = { agent: params.agent, sinceMs: 5, ...body };
      received.push(quarantine);
      await answerGate;
      return quarantine;
    });
    // Three at a time.
    route(app, coordinatorTrustEndpoints.pageQuarantine, {}, ({ query: { after = '' } }) => {
      const rest = received
        .filter((one) => one.agent > after)
        .sort((one, other) => (one.agent < other.agent ? -1 : 1));
      if (rest.length <= failsBelow) throw new FairhopError('overloaded', 'not now', { status: 503 });
      return { quarantine: rest.slice(0, 3), next: rest.length > 3 ? rest[2]!.agent : null };
    });
  });
  await service.start();
  port = Number(new URL(service.url).port);
  http = service;
}

function startFeedback(coordinatorToken: string | undefined = TOKEN): QuarantineFeedback {
  const feedback = createQuarantineFeedback(
    {
      file: join(directory, 'feedback.db'),
      coordinatorUrl: `http://127.0.0.1:${port}`,
      retryBaseMs: 20,
      ...(coordinatorToken !== '' && { coordinatorToken }),
    },
    { log, clock: systemClock, random: () => 0.5 },
  );
  feedback.start();
  running.push(feedback);
  return feedback;
}

describe('feedback to the coordinator', () => {
  it('puts agents into quarantine, and tells who is', async () => {
    const feedback = startFeedback();
    const untilMs = hour();
    for (const one of agents) feedback.put(one, { untilMs, suspicions: [suspicion()] });
    await expect.poll(() => received.length).toBe(agents.length);
    expect(received.map((one) => one.agent).sort()).toEqual([...agents].sort());
    expect(received[0]).toMatchObject({ by: 'accounting', untilMs, suspicions: [suspicion()] });
    await expect.poll(() => feedback.waiting).toBe(0);
    const current = await feedback.current();
    expect([...current.keys()]).toEqual([...agents].sort());
    expect(current.get(agent)?.untilMs).toBe(untilMs);
    // Who is not in a list counts as released: without its last page there is none.
    failsBelow = 3;
    await expect(feedback.current()).rejects.toMatchObject({ code: 'overloaded' });
  });

  it('goes on until it arrives, the latest word alone, over a restart of both', async () => {
    await http?.stop();
    const first = startFeedback();
    first.put(agent, { untilMs: hour(), suspicions: [suspicion({ score: 80 })] });
    first.put(agent, { untilMs: null, suspicions: [suspicion()] });
    expect(first.waiting).toBe(1);
    await first.stop();
    const second = startFeedback();
    expect(second.waiting).toBe(1);
    await startCoordinator();
    await expect.poll(() => received.length).toBeGreaterThan(0);
    await expect.poll(() => second.waiting).toBe(0);
    expect(received).toMatchObject([{ agent, untilMs: null, suspicions: [{ score: 100 }] }]);
  });

  it('sends a later word that came while the one before was under way', async () => {
    let answer = (): void => undefined;
    answerGate = new Promise((resolve) => {
      answer = resolve;
    });
    const feedback = startFeedback();
    feedback.put(agent, { untilMs: hour(), suspicions: [suspicion()] });
    await expect.poll(() => received.length).toBe(1);
    feedback.put(agent, { untilMs: null, suspicions: [suspicion()] });
    answer();
    await expect.poll(() => feedback.waiting).toBe(0);
    expect(received.map(({ untilMs }) => untilMs)).toEqual([expect.any(Number), null]);
  });

  it('asks again after a refusal that may pass, and not after another', async () => {
    refusal = new FairhopError('quarantine-full', 'full', { status: 409 });
    const feedback = startFeedback();
    feedback.put(agent, { untilMs: null, suspicions: [suspicion()] });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(feedback.waiting).toBe(1);
    refusal = new FairhopError('invalid-request', 'wrong', { status: 400 });
    await expect.poll(() => feedback.waiting).toBe(0);
    expect(received).toEqual([]);
  });

  it('drops what is over, and sends no more than the coordinator reads', async () => {
    const feedback = startFeedback();
    feedback.put(agents[1]!, { untilMs: Date.now() - 1, suspicions: [suspicion()] });
    await expect.poll(() => feedback.waiting).toBe(0);
    expect(received).toEqual([]);
    const evidence = Array.from({ length: 32 }, () => '"'.repeat(4_096));
    const heavy = Array.from({ length: 50 }, (_, score) => suspicion({ score, evidence }));
    feedback.put(agent, { untilMs: null, suspicions: heavy });
    await expect.poll(() => received.length).toBe(1);
    expect(received[0]!.suspicions).toHaveLength(32);
    expect(received[0]!.suspicions[0]).toMatchObject({ score: 49 });
    expect(received[0]!.suspicions[0]!.evidence.length).toBeGreaterThan(20);
  });

  it('leaves agents alone without a token', async () => {
    const feedback = startFeedback('');
    feedback.put(agent, { untilMs: null, suspicions: [suspicion()] });
    expect(feedback).toMatchObject({ isEnabled: false, waiting: 0 });
    expect(await feedback.current()).toEqual(new Map());
  });
});
