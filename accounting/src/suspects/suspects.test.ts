import type { Quarantine } from '@fairhop/shared/model';
import { createLog, createManualClock, type ManualClock } from '@fairhop/shared/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CheckedMessage, TransferEvent } from '../ledger/event.js';
import {
  batch,
  event,
  eventsMessage,
  openTestLedger,
  pathOf,
  peerMessage,
  START_MS,
  spOf,
  statementMessage,
  type TestLedger,
  uuid,
} from '../ledger/test-support.js';
import { type SuspectsConfig, suspectsSchema } from './config.js';
import type { QuarantinePlace } from './quarantine-keeper.js';
import { createSuspects, type Suspects } from './suspects.js';

const DAY_MS = 86_400_000;
const SIZE_BYTES = 1_000;
const keyOf = (name: string): string => `${name.padEnd(42, '_')}A`;

let test: TestLedger;
let clock: ManualClock;
let suspects: Suspects;
let sequence: number;
let transfers: number;
let released: string[];
let found: string[];
let unknown: string[];
let place: QuarantinePlace & { readonly list: Map<string, Quarantine>; isReached: boolean };

beforeEach(async () => {
  test = await openTestLedger();
  clock = createManualClock(START_MS + 600_000);
  [sequence, transfers, released, unknown, found] = [0, 0, [], [], []];
  const list = new Map<string, Quarantine>();
  place = {
    list,
    isReached: true,
    isEnabled: true,
    waiting: 0,
    put(agent, quarantine) {
      list.set(agent, {
        agent,
        sinceMs: clock.nowMs(),
        by: 'accounting',
        ...quarantine,
        suspicions: [...quarantine.suspicions],
      });
    },
    async current() {
      if (!place.isReached) throw new Error('not reached');
      for (const [agent, { untilMs }] of list)
        if (untilMs !== null && untilMs <= clock.nowMs()) list.delete(agent);
      return new Map(list);
    },
  };
  open();
});
afterEach(async () => {
  await suspects.stop();
  await test.remove();
});

function open(changes: Partial<SuspectsConfig> = {}): void {
  const { ledger, file } = test;
  suspects = createSuspects(
    file.replace('ledger.db', 'suspects.db'),
    { ...suspectsSchema.parse({}), ...changes },
    {
      database: ledger.database,
      contradictions: ledger.contradictions,
      setQuarantined: (agent, is) => {
        ledger.beliefs.setQuarantined(agent, is);
        while (ledger.beliefs.review(clock.nowMs(), 100) >= 100);
      },
      place,
      checkDraws: async (ids) => ids.filter((id) => unknown.includes(id)),
      clock,
      log: createLog({ name: 'suspects', level: 'silent' }),
      onFound: (check) => found.push(check),
      onQuarantined: () => undefined,
      onReleased: () => released.push('one'),
    },
  );
}

const between = (
  uploader: string,
  downloader: string,
  changes: Partial<TransferEvent> = {},
): TransferEvent => {
  transfers += 1;
  return event({
    transferId: uuid(transfers),
    source: `host:${keyOf(uploader)}`,
    destination: `host:${keyOf(downloader)}`,
    destinationAddress: '127.1.0.9',
    destinationAs: 64_501,
    destinationIsp: 'sp1',
    path: pathOf([64_501], spOf),
    fromBytes: 0,
    bytes: SIZE_BYTES,
    contentId: Buffer.from(String(transfers).padStart(32, '0')).toString('hex'),
    sizeBytes: SIZE_BYTES,
    ...changes,
  });
};
const book = (...messages: readonly CheckedMessage[]): void => {
  const numbered = messages.map((message) => ({ ...message, sequence: sequence++ }));
  expect(test.ledger.book(batch(numbered), clock.nowMs()).rejected).toEqual([]);
};
const honest = (
  uploader: string,
  downloader: string,
  changes: Partial<TransferEvent> = {},
): TransferEvent => {
  const row = between(uploader, downloader, changes);
  book(peerMessage(0, row), statementMessage(0, row, { sentBytes: row.bytes, isLast: true }));
  return row;
};
/** The downloader signs twice of what was sent. */
const inflated = (uploader: string, downloader: string): TransferEvent => {
  const row = between(uploader, downloader);
  book(peerMessage(0, row), statementMessage(0, row, { sentBytes: row.bytes / 2, isLast: true }));
  return row;
};
/** An edge sees where an agent is. */
const fromEdge = (agent: string, changes: Partial<TransferEvent>): void => {
  const { fromBytes: _, ...row } = between('edge', agent, { kind: 'edge-to-client', ...changes });
  book(eventsMessage(0, row));
};
const circle = ['h1', 'h2', 'h3', 'h4', 'h5'];
const meetAll = (): void => {
  for (const one of circle) for (const other of circle) if (one !== other) honest(one, other);
};
const scores = () => suspects.list(100).map(({ agent, score }) => [agent.replace(/_+A$/, ''), score]);
const beliefOf = (transferId: string) => test.ledger.beliefs.transfer(transferId)!.belief;

describe('suspects', () => {
  it('are nobody among honest agents that share an address, roam, are re-addressed or have two families', async () => {
    meetAll();
    for (const one of circle) honest(one, 'nat1', { destinationAddress: '127.1.0.9' });
    for (const one of circle) honest(one, 'nat2', { destinationAddress: '127.1.0.9' });
    const late = { binMs: START_MS + 300_000 };
    honest('h1', 'roams');
    honest('h2', 'roams', {
      ...late,
      destinationAddress: '127.3.0.1',
      destinationAs: 64_503,
      destinationIsp: 'sp3',
      path: null,
    });
    honest('h3', 'moved', { destinationAddress: '127.1.0.10' });
    honest('h4', 'moved', { destinationAddress: '127.1.0.11' });
    honest('h3', 'dual', { destinationAddress: '127.1.0.12' });
    honest('h4', 'dual', {
      destinationAddress: '2001:db8::1',
      destinationAs: 64_503,
      destinationIsp: 'sp3',
      path: null,
    });
    clock.advance(DAY_MS);
    await suspects.review();
    expect(suspects.list(100)).toEqual([]);
    expect(place.list.size).toBe(0);
  });

  it('are who differs with three in good standing; what it has does not settle until it is released by time', async () => {
    meetAll();
    inflated('h1', 'liar');
    inflated('h2', 'liar');
    await suspects.review();
    expect(scores()).toEqual([]);
    inflated('h3', 'liar');
    await suspects.review();
    expect(scores()).toEqual([['liar', 80]]);
    const [liar] = suspects.list(1);
    expect(liar).toMatchObject({ disputedCounterparts: 3, settledCounterparts: 0 });
    expect(liar!.suspicions[0]).toMatchObject({ check: 'disputed-by-counterparts' });
    expect(liar!.quarantine).toMatchObject({ by: 'accounting', untilMs: clock.nowMs() + DAY_MS });
    expect([...place.list.keys()]).toEqual([keyOf('liar')]);
    const row = honest('h4', 'liar');
    expect(beliefOf(row.transferId)).toMatchObject({ settledBytes: 0, disputedBytes: SIZE_BYTES });
    clock.advance(DAY_MS);
    await suspects.review();
    test.ledger.beliefs.review(clock.nowMs(), 100);
    expect(beliefOf(row.transferId)).toMatchObject({ settledBytes: SIZE_BYTES, disputedBytes: 0 });
    expect(scores()).toEqual([]);
    // What was before is over; what comes after is not.
    clock.advance(1);
    for (const one of circle) inflated(one, 'liar');
    await suspects.review();
    expect(scores()).toEqual([['liar', 90]]);
    await suspects.review();
    expect(found).toEqual(['disputed-by-counterparts', 'disputed-by-counterparts']);
  });

  it('are released by hand, unless the coordinator was not told yet or cannot be asked', async () => {
    meetAll();
    for (const one of circle.slice(0, 3)) inflated('liar', one);
    await suspects.review();
    expect(suspects.quarantined).toBe(1);
    place.isReached = false;
    place.list.clear();
    await suspects.review();
    expect(suspects.quarantined).toBe(1);
    place.isReached = true;
    await suspects.review();
    expect(suspects.quarantined).toBe(0);
    await suspects.review();
    expect(place.list.size).toBe(0);
    expect(released).toHaveLength(1);
  });

  it('of the coordinator’s own are held too, and let go with it', async () => {
    const failed = { check: 'audit', score: 90, message: 'failed', evidence: [], timeMs: 1 };
    place.list.set(keyOf('x'), {
      agent: keyOf('x'),
      sinceMs: 1,
      untilMs: null,
      by: 'coordinator',
      suspicions: [failed],
    });
    await suspects.review();
    expect(suspects.list(10)).toMatchObject([
      { agent: keyOf('x'), score: 0, quarantine: { by: 'coordinator' } },
    ]);
    const row = honest('h1', 'x');
    expect(beliefOf(row.transferId).settledBytes).toBe(0);
    place.list.clear();
    await suspects.review();
    test.ledger.beliefs.review(clock.nowMs(), 100);
    expect(beliefOf(row.transferId).settledBytes).toBe(SIZE_BYTES);
    expect(suspects.list(10)).toEqual([]);
  });

  it('stay held where the coordinator holds them for longer, though it cannot be asked when their time is over', async () => {
    meetAll();
    for (const one of circle.slice(0, 3)) inflated(one, 'liar');
    await suspects.review();
    const held = place.list.get(keyOf('liar'))!;
    place.list.set(keyOf('liar'), { ...held, untilMs: null, by: 'accounting, operator' });
    const row = honest('h4', 'liar');
    const settled = async () => {
      await suspects.review();
      test.ledger.beliefs.review(clock.nowMs(), 100);
      return beliefOf(row.transferId).settledBytes;
    };
    clock.advance(DAY_MS);
    place.isReached = false;
    expect(await settled()).toBe(0);
    place.isReached = true;
    expect(await settled()).toBe(0);
    place.list.clear();
    expect(await settled()).toBe(SIZE_BYTES);
  });

  it('are few who agree with each other alone, however many they differ with, by the addresses that edges saw', async () => {
    const many = [...circle, 'h6', 'h7', 'h8', 'h9', 'h10', 'h11', 'h12'];
    const liars = ['l1', 'l2', 'l3', 'l4', 'l5'];
    for (const one of many) for (const other of many) if (one < other) honest(one, other);
    for (const one of liars) for (const other of liars) if (one < other) honest(one, other);
    for (const liar of liars) for (const victim of many.slice(0, 3)) inflated(victim, liar);
    for (const [index, agent] of [...many, ...liars].entries())
      fromEdge(agent, { destinationAddress: `127.1.1.${index}` });
    await suspects.review();
    expect(scores()).toEqual(liars.map((liar) => [liar, 80]));
  });

  it('are not an uploader whom three of very many deny that agree with each other, all of one site of IPv6', async () => {
    const many = [...circle, 'h6', 'h7', 'h8', 'h9', 'h10'];
    const keys = Array.from({ length: 16 }, (_, index) => `k${index}`);
    for (const one of many) for (const other of many) if (one < other) honest(one, other);
    for (const one of keys) for (const other of keys) if (one < other) honest(one, other);
    for (const [index, agent] of many.entries()) fromEdge(agent, { destinationAddress: `127.1.1.${index}` });
    const elsewhere = { destinationAs: 64_503, destinationIsp: 'sp3', path: null };
    for (const [index, agent] of keys.entries())
      fromEdge(agent, { ...elsewhere, destinationAddress: `2001:db8:1:${index + 1}00::1` });
    for (const key of keys.slice(0, 3)) inflated('h1', key);
    await suspects.review();
    expect(scores()).toEqual([]);
  });

  it('by silence are who told accounting of later things, and not who does not reach it', async () => {
    meetAll();
    // Uploaders show receipts that their downloader does not report.
    const denied = circle.slice(0, 3).map((one) => between(one, 'away'));
    for (const row of denied)
      book(statementMessage(0, row, { sentBytes: SIZE_BYTES, receiptBytes: SIZE_BYTES, isLast: true }));
    clock.advance(DAY_MS);
    await suspects.review();
    expect(scores()).toEqual([]);
    honest('away', 'h5');
    clock.advance(DAY_MS);
    await suspects.review();
    expect(scores()).toEqual([]);
    // Cut off from accounting alone: others show what it signs days later.
    clock.advance(5 * DAY_MS);
    const meanwhile = between('h4', 'away', { binMs: START_MS + 5 * DAY_MS });
    book(statementMessage(0, meanwhile, { sentBytes: SIZE_BYTES, receiptBytes: SIZE_BYTES, isLast: true }));
    clock.advance(DAY_MS);
    await suspects.review();
    expect(scores()).toEqual([]);
    book(peerMessage(0, meanwhile));
    await suspects.review();
    expect(scores()).toEqual([['away', 80]]);
    // It was away after all: what it reports late takes the disputes back.
    book(...denied.map((row) => peerMessage(0, row)));
    for (const row of denied) expect(beliefOf(row.transferId).downloaderBytes).toBe(SIZE_BYTES);
  });

  it('are found once, whatever ends in between, and listed after a restart', async () => {
    meetAll();
    const film = { contentId: 'ab'.repeat(32) };
    honest('h2', 'h3', film);
    for (let count = 0; count < 4; count += 1) honest('h1', 'again', film);
    await suspects.review();
    const before = suspects.list(10);
    expect(before).toMatchObject([{ agent: keyOf('again'), score: 30 }]);
    await suspects.stop();
    open({ quarantineScore: 70 });
    expect(suspects.list(10)).toEqual(before);
    await suspects.review();
    expect(suspects.list(10)).toEqual(before);
    honest('h2', 'again', film);
    await suspects.review();
    expect(scores()).toEqual([['again', 40]]);
    // Five more times make it seventy; after its time it is counted anew.
    for (const one of circle) honest(one, 'again', film);
    await suspects.review();
    expect(suspects.quarantined).toBe(1);
    clock.advance(4 * DAY_MS);
    await suspects.review();
    honest('h1', 'again', { ...film, binMs: clock.nowMs() - (clock.nowMs() % 300_000) });
    await suspects.review();
    expect(suspects.list(10)).toEqual([]);
  });

  it('are a household that watches one film over and over, whose disk keeps none, and it stays out of quarantine', async () => {
    meetAll();
    for (let evening = 0; evening < 15; evening += 1)
      honest(circle[evening % circle.length]!, 'family', { contentId: 'ab'.repeat(32) });
    await suspects.review();
    expect(scores()).toEqual([['family', 70]]);
    expect([suspects.quarantined, place.list.size]).toEqual([0, 0]);
  });

  it('by pairings that were never drawn are both ends; a coordinator that forgot all accuses nobody', async () => {
    unknown.push(honest('x', 'y').transferId);
    meetAll();
    await suspects.review();
    expect(scores()).toEqual([
      ['x', 70],
      ['y', 70],
    ]);
    unknown = Array.from({ length: 2 * transfers }, (_, index) => uuid(index + 1));
    meetAll();
    await suspects.review();
    expect(scores()).toEqual([
      ['x', 70],
      ['y', 70],
    ]);
  });

  it('without a way to the coordinator are listed only', async () => {
    await suspects.stop();
    place = { ...place, isEnabled: false };
    open();
    meetAll();
    for (const one of circle) inflated(one, 'liar');
    await suspects.review();
    expect(suspects.list(10)).toMatchObject([{ score: 90, quarantine: null }]);
    expect(beliefOf(honest('h1', 'liar').transferId).settledBytes).toBe(SIZE_BYTES);
  });
});
