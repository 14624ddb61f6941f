import { querySchema } from '@fairhop/shared/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditLedger } from '../audit/index.js';
import { createQueryEngine } from '../query/index.js';
import type { Ledger } from './ledger.js';
import { MINIMUM_EVENT_DAYS } from './retention.js';
import {
  batch,
  event,
  eventsMessage,
  openTestLedger,
  peerMessage,
  START_MS,
  statementMessage,
  type TestLedger,
  uuid,
} from './test-support.js';

const hourMs = 3_600_000;
const laterMs = START_MS + (MINIMUM_EVENT_DAYS + 1) * 24 * hourMs;

let test: TestLedger;
let ledger: Ledger;
const at = (minutes: number, bytes: number, changes = {}) =>
  event({ binMs: START_MS + minutes * 60_000, bytes, kind: 'edge-to-client', ...changes });

/** An edge's rows in three hours, and a transfer between agents over the first two. */
beforeEach(async () => {
  test = await openTestLedger();
  ({ ledger } = test);
  const peer = { transferId: uuid(9), kind: 'client-to-client' as const };
  const [first, second] = [
    at(55, 40, { ...peer, fromBytes: 0 }),
    at(60, 60, { ...peer, part: 1, fromBytes: 40 }),
  ];
  ledger.book(
    batch([
      eventsMessage(1, at(0, 1_000, { transferId: uuid(1) })),
      eventsMessage(2, at(30, 200, { transferId: uuid(2), destination: 'host:other' })),
      eventsMessage(3, at(65, 7, { transferId: uuid(3) })),
      eventsMessage(4, at(125, 3, { transferId: uuid(4) })),
    ]),
  );
  ledger.book(
    batch(
      [
        { ...peerMessage(1, first), sequence: 1 },
        { ...peerMessage(2, second), sequence: 2 },
        statementMessage(3, first, { sentBytes: 30 }),
      ],
      'agents',
    ),
  );
});
afterEach(() => test.remove());

const ask = (query: object) =>
  createQueryEngine({
    ledger,
    graph: () => ({ isp: () => true, autonomousSystem: () => true, isComponent: () => true }),
  }).ask(querySchema.parse(query));
const dropTwoHours = (): void => {
  ledger.beliefs.review(laterMs, 1_000);
  for (const hour of [1, 2])
    expect(ledger.retention.dropHour(laterMs, laterMs)?.keptFromMs).toBe(START_MS + hour * hourMs);
};

describe('dropping old events', () => {
  it('waits for their age, for the end of their period, and for what is still claimed', () => {
    const { dropHour } = ledger.retention;
    expect(dropHour(laterMs, laterMs)).toBeUndefined();
    ledger.beliefs.review(laterMs, 1_000);
    expect(dropHour(START_MS + hourMs - 1, laterMs)).toBeUndefined();
    expect(dropHour(laterMs, START_MS + hourMs + MINIMUM_EVENT_DAYS * 24 * hourMs - 1)).toBeUndefined();
    expect(dropHour(START_MS + hourMs, laterMs)).toEqual({ keptFromMs: START_MS + hourMs, events: 3 });
    expect(dropHour(START_MS + hourMs, laterMs)).toBeUndefined();
  });

  it('leaves every sum as it was, and the audit proves it', () => {
    const queries = [
      ...[
        {},
        { owner: 'moviestudio' },
        { leaves: 'sp1', owner: 'moviestudio' },
        { title: 'moviestudio/film.mp4' },
      ],
      ...[
        { belief: 'billable' },
        { groupBy: ['belief'] },
        { groupBy: ['destinationHost'] },
        { groupBy: ['hour', 'owner'] },
      ],
      { leaves: 'sp1', time: { hours: { from: '18:30', to: '19:05' } } },
    ].map((query) => ({ measure: 'bytes', ...query }));
    const before = queries.map((query) => ask(query));
    ledger.beliefs.review(laterMs, 1_000);
    const reviewed = queries.map((query) => ask(query));
    expect(reviewed[0]).toEqual(before[0]);
    dropTwoHours();
    expect(ledger.eventsAfter(0, 10)).toHaveLength(1);
    expect(queries.map((query) => ask(query))).toEqual(reviewed);
    const audited = auditLedger(ledger.database);
    expect(audited).toMatchObject({ firstBreak: null, events: 1 });
  });

  it('answers from whole hours and says so, or refuses where only events tell', () => {
    const half = { time: { hours: { from: '18:30', to: '20:30' } } };
    const crossing = { measure: 'bytes', leaves: 'sp1', owner: 'moviestudio', ...half };
    expect(ask(crossing)).toMatchObject({ value: 310 });
    expect(ask(crossing).notes).toBeUndefined();
    dropTwoHours();
    expect(ask(crossing)).toMatchObject({
      value: 1_310,
      notes: [expect.stringMatching(/before 2026-11-20T20:00:00.000Z .* counted as whole/)],
    });
    const refused = [
      { measure: 'bytes', title: 'moviestudio/film.mp4', ...half },
      {
        measure: 'averageRate',
        leaves: 'sp1',
        owner: 'moviestudio',
        time: { ...half.time, period: '2026-11' },
      },
      { measure: 'percentile95', leaves: 'sp1', owner: 'moviestudio', time: { period: '2026-11' } },
      { measure: 'hosts', leaves: 'sp1' },
    ];
    for (const query of refused)
      expect(() => ask(query)).toThrow(expect.objectContaining({ code: 'detail-dropped', status: 422 }));
    const later = { fromMs: START_MS + 2 * hourMs, timeZone: 'UTC' };
    expect(ask({ measure: 'hosts', leaves: 'sp1', time: later }).value).toBe(1);
  });

  it('books nothing of a time whose events are dropped, since it may be booked already', () => {
    dropTwoHours();
    const again = batch([eventsMessage(5, at(0, 1_000, { transferId: uuid(1) }))]);
    expect(ledger.book(again)).toMatchObject({ accepted: 0, rejected: [{ code: 'event-dropped' }] });
    expect(auditLedger(ledger.database).firstBreak).toBeNull();
  });

  it.each([
    [
      'a sum of a dropped hour',
      'UPDATE route_hours SET bytes = bytes + 1 WHERE hour = 494154',
      /were dropped, route-hours have/,
    ],
    ['a bin of a dropped hour', 'UPDATE owner_hours SET b0 = b0 - 1, b1 = b1 + 1', /not those of when/],
    ['a dropped hour that is forgotten', 'DELETE FROM dropped_hours', /were booked/],
    ['a host’s dropped file', 'UPDATE dropped_host_files SET bytes = bytes + 1', /host-files/],
    ['settled bytes of dropped rows', 'UPDATE peer_transfers SET dropped_settled_bytes = 0', /settled/],
  ])('is audited: %s', (_, corruption, first) => {
    dropTwoHours();
    ledger.database.exec(corruption.replace('494154', String(Math.floor(START_MS / hourMs))));
    const result = auditLedger(ledger.database);
    expect(result.ok).toBe(false);
    expect(result.checks.map(({ detail }) => detail).join('; ')).toMatch(first);
  });
});
