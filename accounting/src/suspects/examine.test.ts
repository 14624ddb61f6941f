import { createLog, createManualClock } from '@fairhop/shared/service';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { CheckedMessage, TransferEvent } from '../ledger/event.js';
import {
  batch,
  contentId,
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
import { suspectsSchema } from './config.js';
import { createSuspects, type Suspects } from './suspects.js';

const GRANT_BITS_PER_SECOND = 800_000;
const SIZE_BYTES = 1_000_000;

let test: TestLedger;
let suspects: Suspects;
let transfers = 0;
let sequence = 0;

beforeEach(async () => {
  test = await openTestLedger();
  const { ledger, file } = test;
  const thresholds = { windowBytes: 1_000, repeatAgents: 2 };
  suspects = createSuspects(file.replace('ledger.db', 'suspects.db'), suspectsSchema.parse({ thresholds }), {
    database: ledger.database,
    contradictions: ledger.contradictions,
    setQuarantined: () => undefined,
    place: { isEnabled: false, waiting: 0, put: () => undefined, current: async () => new Map() },
    checkDraws: undefined,
    clock: createManualClock(START_MS + 600_000),
    log: createLog({ name: 'suspects', level: 'silent' }),
    onFound: () => undefined,
    onQuarantined: () => undefined,
    onReleased: () => undefined,
  });
});
afterEach(async () => {
  await suspects.stop();
  await test.remove();
});

const row = (uploader: string, downloader: string, changes: Partial<TransferEvent> = {}): TransferEvent => {
  transfers += 1;
  return event({
    ...{ transferId: uuid(transfers), source: `host:${uploader}`, destination: `host:${downloader}` },
    ...{ destinationAddress: '127.1.0.9', destinationAs: 64_501, destinationIsp: 'sp1' },
    path: pathOf([64_501], spOf),
    ...{ contentId: contentId(`${transfers}`), sizeBytes: SIZE_BYTES, bytes: SIZE_BYTES, fromBytes: 0 },
    ...changes,
  });
};
const withRate = (message: CheckedMessage): CheckedMessage =>
  message.outcome === 'events' && message.signed
    ? {
        ...message,
        signed: {
          ...message.signed,
          transfer: { ...message.signed.transfer, rateBitsPerSecond: GRANT_BITS_PER_SECOND },
        },
      }
    : message;
const booked = async (...messages: readonly CheckedMessage[]): Promise<string[]> => {
  const numbered = messages.map((message) => ({ ...withRate(message), sequence: sequence++ }));
  expect(test.ledger.book(batch(numbered)).rejected).toEqual([]);
  await suspects.review();
  return suspects
    .list(100)
    .flatMap(({ agent, suspicions }) => suspicions.map(({ check }) => `${agent} ${check}`))
    .sort();
};
const transferred = (...args: Parameters<typeof row>): CheckedMessage => peerMessage(0, row(...args));
const during = (fromSecond: number, toSecond: number) => ({
  startMs: START_MS + fromSecond * 1_000,
  endMs: START_MS + toSecond * 1_000,
});

it('holds rows against the rate of their grant, whose downloader signed the times', async () => {
  expect(await booked(transferred('a', 'b', { ...during(0, 2), bytes: 800_000 }))).toEqual([]);
  const fast = { ...during(10, 15), bytes: 900_000 };
  expect(await booked(transferred('a', 'c', fast))).toEqual(['c rate-above-grant']);
});

it('holds rows of one transfer against the rate together, over batches and in any order', async () => {
  const whole = row('a', 'b');
  const parts = Array.from({ length: 40 }, (_, part) =>
    peerMessage(0, {
      ...whole,
      ...{ part, fromBytes: part * 25_000, bytes: 25_000 },
      ...during(part / 10, part / 10),
    }),
  );
  expect(await booked(...parts.slice(20).reverse())).toEqual([]);
  expect(await booked(...parts.slice(0, 20))).toEqual(['b rate-above-grant']);
});

it('holds rows against what edges measured before', async () => {
  const edge = row('edge', 'b', { kind: 'edge-to-client', maxRateBitsPerSecond: 100_000 });
  const { fromBytes: _, ...counted } = edge;
  expect(await booked(eventsMessage(0, counted), transferred('a', 'b', during(0, 10)))).toEqual([
    'b rate-above-access',
  ]);
});

it('adds up simultaneous uploads', async () => {
  const each = { ...during(0, 10), bytes: 900_000 };
  expect(await booked(transferred('a', 'b', each))).toEqual([]);
  expect(await booked(transferred('a', 'c', each))).toEqual(['a overlap-above-access']);
});

it('sees one key in two networks at once, over batches', async () => {
  const elsewhere = {
    destinationAs: 64_502,
    destinationIsp: 'sp2',
    destinationAddress: '127.2.0.9',
    path: null,
  };
  expect(await booked(transferred('a', 'b', during(0, 200)))).toEqual([]);
  expect(await booked(transferred('c', 'b', { ...during(100, 290), ...elsewhere }))).toEqual([
    'b two-places-at-once',
  ]);
});

it('sees it behind any number of small parts of one transfer', async () => {
  const elsewhere = {
    ...during(0, 0),
    destinationAs: 64_502,
    destinationIsp: 'sp2',
    destinationAddress: '127.2.0.9',
  };
  const long = row('c', 'b', { ...elsewhere, path: null });
  const part = (number: number, fromSecond: number, toSecond: number): CheckedMessage =>
    peerMessage(0, {
      ...long,
      ...{ part: number, fromBytes: number, bytes: 1 },
      ...during(fromSecond, toSecond),
    });
  const small = Array.from({ length: 600 }, (_, index) => part(index + 1, 150, 150));
  expect(await booked(part(0, 10, 100), ...small)).toEqual([]);
  expect(await booked(transferred('a', 'b', { ...during(20, 200), bytes: 1_000 }))).toEqual([
    'b two-places-at-once',
  ]);
});

it('sees identities of one address that meet the same ones of another alone', async () => {
  const at = { sourceAddress: '127.1.0.7', destinationAddress: '127.1.0.8' };
  const met = ['a', 'b', 'c'].flatMap((one) => ['x', 'y', 'z'].map((other) => transferred(one, other, at)));
  expect(await booked(...met.slice(0, -1))).toEqual([]);
  expect(await booked(met.at(-1)!)).toEqual(
    ['a', 'b', 'c', 'x', 'y', 'z'].map((one) => `${one} identical-pairings`),
  );
});

it('sees what a pair alone sends itself over and over, and an AS that repeats', async () => {
  const own = { contentId: contentId('own') };
  const again = [1, 2, 3].map(() => transferred('a', 'b', own));
  expect(await booked(...again)).toEqual(['a unshared-demand', 'b unshared-demand', 'b volume-above-size']);
  const others = Array.from({ length: 30 }, (_, index) =>
    transferred('a', `other${index}`, { destinationAs: 64_502, destinationIsp: 'sp2', path: null }),
  );
  const film = { contentId: contentId('film') };
  const repeated = [1, 2].map(() => transferred('a', 'd', film));
  const found = await booked(...others, ...repeated);
  expect(found.filter((one) => one.endsWith('repeats-in-as'))).toEqual(['d repeats-in-as']);
});

it('sees statements of more than any uploader goes ahead', async () => {
  const ahead = row('a', 'b');
  expect(await booked(statementMessage(0, ahead, { sentBytes: 67_000 }))).toEqual([]);
  expect(await booked(statementMessage(0, ahead, { sentBytes: 68_000 }))).toEqual(['a sent-beyond-window']);
});
