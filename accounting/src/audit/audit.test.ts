import type { PathElement } from '@fairhop/shared/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ledger } from '../ledger/ledger.js';
import {
  batch,
  completionMessage,
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
import { auditLedger } from './index.js';

const seen = (component: string): PathElement => ({
  component,
  source: 'traceroute',
  confidence: 80,
  billable: false,
});
const within = pathOf([64_501], () => null);

let test: TestLedger;
let ledger: Ledger;
beforeEach(async () => {
  test = await openTestLedger();
  ({ ledger } = test);
  const transit = {
    destinationAs: 64_503,
    destinationIsp: 'sp3',
    path: pathOf(
      [64_501, 64_502, 64_503],
      spOf,
      {
        'as:64501': [seen('router:bas1.sp1.example')],
        'link:as:64501>as:64502': [seen('peering:as:64501>as:64502/p1'), seen('ixp:xlan')],
        end: [seen('place:us/ca/sanjose')],
      },
      { destinationPlace: 'place:us/ca/sanjose' },
    ),
  };
  ledger.book(
    batch([
      eventsMessage(1, event()),
      eventsMessage(2, event({ transferId: uuid(2), bytes: 20, ...transit, binMs: START_MS + 600_000 })),
      eventsMessage(3, event({ transferId: uuid(3), bytes: 3, path: null })),
    ]),
  );
});
afterEach(async () => {
  await test.remove();
});

describe('the audit', () => {
  it('proves a ledger that is right', () => {
    const result = auditLedger(ledger.database);
    expect(result).toMatchObject({
      ok: true,
      events: 3,
      bytes: 1_023,
      unattributedEvents: 1,
      unattributedBytes: 3,
      firstBreak: null,
    });
    expect(result.checks.map(({ name }) => name)).toEqual([
      'route-hours',
      'owner-hours',
      'owner-delivery-hours',
      'owner-route-hours',
      'host-files',
      'components',
      'conservation',
      'event-blocks',
      'events',
      'beliefs',
      'settled',
      'unbillable-hours',
      'belief-moves',
      'dropped-hours',
      'completions',
    ]);
  });

  it('proves an empty one', async () => {
    const empty = await openTestLedger();
    expect(auditLedger(empty.ledger.database)).toMatchObject({ ok: true, events: 0, bytes: 0 });
    await empty.remove();
  });

  it.each([
    [
      'a peer’s event changed',
      'UPDATE events SET bytes = bytes + 1 WHERE id = 4',
      'beliefs',
      /40 bytes settled and 61 open, 40 and 60/,
    ],
    ['a transfer gone', 'DELETE FROM peer_transfers', 'beliefs', /event 4 is of no transfer/],
    [
      'bytes settled on paper',
      'UPDATE peer_transfers SET settled_bytes = 60, open_bytes = 40',
      'beliefs',
      /60 and 40/,
    ],
    [
      'bytes settled beyond a word',
      'UPDATE peer_transfers SET settled_up_to = 100, settled_bytes = 100, open_bytes = 0, open = NULL; DELETE FROM unbillable_hours',
      'settled',
      /100 bytes are settled, 40 were signed as sent, 100 as received/,
    ],
    ['a word gone', 'DELETE FROM signed_words WHERE is_uploader = 0', 'settled', /0 as received/],
    ['a grant made smaller', 'UPDATE signed_transfers SET max_bytes = 39', 'settled', /39 are granted/],
    [
      'a bin of a claim changed',
      'UPDATE unbillable_hours SET b0 = 59, b1 = 1',
      'unbillable-hours',
      /claimed/,
    ],
    ['a claim gone', 'DELETE FROM unbillable_hours', 'unbillable-hours', /its events have 60 bytes/],
    ['a move gone', 'DELETE FROM belief_moves WHERE id = 2', 'belief-moves', /do not add up/],
    [
      'a move back',
      `INSERT INTO belief_moves VALUES (NULL, 1, 0, 9, 'settled', 'claimed', 'x', 0), (NULL, 1, 0, 9, 'claimed', 'settled', 'x', 0)`,
      'belief-moves',
      /a move goes back/,
    ],
  ])('finds, of bytes between two agents, %s', (_, corruption, check, first) => {
    const peer = event({ transferId: uuid(4), fromBytes: 0, bytes: 100, kind: 'client-to-client' });
    const words = statementMessage(5, peer, { sentBytes: 40 });
    ledger.book(batch([{ ...peerMessage(4, peer), sequence: 4 }, words], 'agents'));
    expect(auditLedger(ledger.database).firstBreak).toBeNull();
    ledger.database.exec(corruption);
    const broken = auditLedger(ledger.database).checks.find(({ name }) => name === check);
    expect(broken).toMatchObject({ ok: false, detail: expect.stringMatching(first) });
  });

  it.each([
    ['one gone', 'DELETE FROM completions WHERE position = 2', /2 were booked, 1 up to position 1 are there/],
    [
      'one told earlier than it was',
      'UPDATE completions SET time_ms = 4 WHERE position = 1',
      /host:downloader, content .*: completion 2 is of a later time than 1/,
    ],
  ])('finds, of completions of a file, %s', (_, corruption, first) => {
    for (const timeMs of [9, 5]) ledger.book(batch([completionMessage(timeMs, { timeMs })], 'agent'));
    expect(auditLedger(ledger.database).firstBreak).toBeNull();
    ledger.database.exec(corruption);
    expect(auditLedger(ledger.database)).toMatchObject({
      ok: false,
      firstBreak: expect.stringMatching(first),
    });
  });

  it.each([
    [
      'an event changed',
      'UPDATE events SET bytes = bytes + 1 WHERE id = 2',
      'route-hours',
      /route 2, hour 2026-11-20T18:00:00.000Z: its events have .*bytes 21.*, the rollup has .*bytes 20/,
    ],
    ['an event gone', 'DELETE FROM events WHERE id = 2', 'events', /route 2.*no row/],
    [
      'an event moved to another bin',
      'UPDATE events SET bin = bin + 1 WHERE id = 1',
      'route-hours',
      /route 1/,
    ],
    ['a rollup row changed', 'UPDATE route_hours SET bytes = 0 WHERE subject = 2', 'route-hours', /route 2/],
    [
      'a rollup bin changed',
      'UPDATE route_hours SET b0 = b0 - 1, b1 = b1 + 1 WHERE subject = 1',
      'route-hours',
      /route 1/,
    ],
    ['a rollup row gone', 'DELETE FROM owner_hours', 'owner-hours', /owner 1.*the rollup has no row/],
    [
      'a rollup row too many',
      'INSERT INTO host_files VALUES (99, 1, 1, 5)',
      'host-files',
      /host 99.*its events have no row/,
    ],
    [
      'a fill among the deliveries',
      `UPDATE routes SET kind = 'origin-to-edge' WHERE id = 2`,
      'owner-delivery-hours',
      /owner 1.*bytes 1003.*bytes 1023/,
    ],
    ['a delivery gone', 'DELETE FROM owner_delivery_hours', 'owner-delivery-hours', /has no row/],
    [
      'an owner rollup changed',
      'UPDATE owner_route_hours SET events = 7 WHERE route = 1',
      'owner-route-hours',
      /route 1/,
    ],
    [
      'an event outside of its block',
      'UPDATE event_blocks SET first_bin = last_bin',
      'event-blocks',
      /event 1 lies outside the time of its block 0/,
    ],
    ['a block gone', 'DELETE FROM event_blocks', 'event-blocks', /event 1 lies outside/],
    ['a component gone', 'DELETE FROM path_components WHERE position = 1', 'components', /components: path:/],
    [
      'a router gone',
      "DELETE FROM path_components WHERE component = (SELECT id FROM components WHERE name LIKE 'router:%')",
      'components',
      /which is not all that its id was made from/,
    ],
    [
      'a component that became billable',
      'UPDATE path_components SET billable = 1 WHERE billable = 0',
      'components',
      /which is not all that its id was made from/,
    ],
    [
      'a peering link under another link',
      `UPDATE components SET name = 'peering:as:64502>as:64501/p1' WHERE name LIKE 'peering:%'`,
      'components',
      /peering:as:64502>as:64501.p1 is under link:as:64501>as:64502; one of that link is right/,
    ],
    [
      'an end somewhere else',
      "UPDATE paths SET destination_place = 'place:us/ca/losangeles' WHERE destination_place IS NOT NULL",
      'components',
      /which is not all that its id was made from/,
    ],
    ['a link gone', 'DELETE FROM path_components WHERE position = 1', 'conservation', /components: path:/],
    [
      'a route with another end',
      'UPDATE routes SET source_as = 64502 WHERE id = 2',
      'conservation',
      /as:6450[12], bin 2026-11-20T18:10:00.000Z, path:/,
    ],
    [
      'a route within one AS on the path of another',
      `INSERT INTO paths VALUES (3, '${within.id}', '[64501]', '[null]', NULL, NULL);
       INSERT INTO path_components SELECT 3, 0, id, 'operator', 100, 1 FROM components WHERE name = 'as:64501';
       UPDATE routes SET source_as = 64502, destination_as = 64502, path = 3 WHERE id = 3`,
      'conservation',
      /as:64501, bin 2026-11-20T18:00:00.000Z, path:/,
    ],
    [
      'a counter changed',
      `UPDATE counters SET value = 1 WHERE name = 'bytes'`,
      'events',
      /1 bytes were booked, 1023 are there/,
    ],
  ])('finds %s', (_, corruption, check, first) => {
    ledger.database.exec(corruption);
    const result = auditLedger(ledger.database);
    expect(result.ok).toBe(false);
    expect(result.checks.find(({ name }) => name === check)).toMatchObject({ ok: false });
    expect(result.firstBreak).toMatch(first);
  });
});
