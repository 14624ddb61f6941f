import { createLog, createManualClock } from '@fairhop/shared/service';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCoordinatorDatabase } from '../database.js';
import { createQuarantineBook } from '../quarantine/index.js';
import { contentA, keyOf } from '../swarm/fixture.js';
import { type BadDataBook, createBadDataBook } from './bad-data-book.js';

const DAY_MS = 24 * 3_600_000;
const log = createLog({ name: 'test', level: 'silent' });

function setUp(clock = createManualClock(1_800_000_000_000), database = openCoordinatorDatabase(':memory:')) {
  const quarantine = createQuarantineBook(database, clock);
  const book = createBadDataBook(database, { clock, log, quarantine });
  return { database, clock, quarantine, book };
}

const addressOf = (network: number): string => `192.0.${network >>> 8}.${network & 255}`;
const uploader = keyOf('uploader');
let transfers = 0;

const accuse = (book: BadDataBook, reporter: number, of = uploader, address = addressOf(reporter)): void => {
  transfers += 1;
  const transferId = `transfer-${transfers}`;
  book.report({
    ...{ uploader: of, reporter: keyOf(reporter), address, contentId: contentA, piece: 3, transferId },
  });
};
const serve = (book: BadDataBook, by: string, networks: readonly number[]): void => {
  for (const network of networks) book.delivered({ uploader: by, address: addressOf(network) });
  book.flush();
};
/** Networks that two others served well. */
const standing = (book: BadDataBook, networks: readonly number[]): void => {
  for (const name of ['one', 'two', 'three', 'four']) serve(book, keyOf(name), networks);
};

describe('who sends bad data', () => {
  it('comes into quarantine when three networks say so, with what shows it, over a restart too', () => {
    const { book, clock, database } = setUp();
    standing(book, [1, 2, 3]);
    accuse(book, 1);
    accuse(book, 2);
    const restarted = setUp(clock, database);
    expect(restarted.quarantine.isHeld(uploader)).toBe(false);
    expect(restarted.book.reports(uploader)).toBe(2);
    accuse(restarted.book, 3);
    const { by, untilMs, suspicions } = restarted.quarantine.of(uploader)!;
    expect({ by, untilMs }).toEqual({ by: 'coordinator', untilMs: clock.nowMs() + DAY_MS });
    expect(suspicions).toMatchObject([{ check: 'bad-data' }]);
    expect(suspicions[0]?.evidence.map((text) => JSON.parse(text))).toMatchObject(
      [1, 2, 3].map((reporter) => ({
        ...{ reporter: keyOf(reporter), network: addressOf(reporter), piece: 3 },
        ...{ transferId: expect.any(String), contentId: contentA },
      })),
    );
  });

  it('comes into quarantine once those that accused it were served by others', () => {
    const { book, quarantine } = setUp();
    for (const reporter of [1, 2, 3]) accuse(book, reporter);
    expect(quarantine.isHeld(uploader)).toBe(false);
    standing(book, [1, 2, 3]);
    expect(quarantine.isHeld(uploader)).toBe(true);
  });

  it('is not put away by many keys at one address or in one /48, nor by one key at many addresses', () => {
    const { book, quarantine } = setUp();
    standing(book, [1, 2, 3]);
    for (const reporter of [1, 2, 3, 4]) accuse(book, reporter, uploader, addressOf(1));
    for (let host = 1; host < 5; host += 1) accuse(book, 9, uploader, addressOf(host));
    for (const subnet of [1, 2, 3]) accuse(book, 20 + subnet, uploader, `2001:db8:7:${subnet}::1`);
    expect(quarantine.isHeld(uploader)).toBe(false);
    expect(book.reports(uploader)).toBe(3);
  });

  it('is not put away by those that it and others served well, while these are as many', () => {
    const { book, quarantine } = setUp();
    standing(book, [1, 2, 3, 4, 5, 6, 7]);
    serve(book, uploader, [11, 12, 13, 14]);
    for (const reporter of [1, 2, 3, 4]) accuse(book, reporter);
    expect(quarantine.isHeld(uploader)).toBe(false);
    accuse(book, 5);
    expect(quarantine.isHeld(uploader)).toBe(true);
  });

  it('is not put away again by the same networks after its release', () => {
    const { book, quarantine } = setUp();
    standing(book, [1, 2, 3, 4, 5]);
    for (const reporter of [1, 2, 3]) accuse(book, reporter);
    quarantine.release(uploader);
    for (const reporter of [1, 2, 3, 4, 5]) accuse(book, reporter);
    expect(quarantine.isHeld(uploader)).toBe(false);
    expect(book.reports(uploader)).toBe(5);
  });

  it('is forgotten after a week', () => {
    const { book, clock, quarantine } = setUp();
    standing(book, [1, 2, 3]);
    for (const reporter of [1, 2]) accuse(book, reporter);
    clock.advance(7 * DAY_MS);
    expect(book.reports(uploader)).toBe(0);
    standing(book, [3]);
    accuse(book, 3);
    expect(quarantine.isHeld(uploader)).toBe(false);
  });

  it('cannot be framed: liars put away at most as many in a week as they have networks, and nobody whom more vouch for', () => {
    const lie = fc.record({ liar: fc.nat(5), victim: fc.nat(12) });
    fc.assert(
      fc.property(
        fc.array(lie, { minLength: 60, maxLength: 150 }),
        fc.integer({ min: 0, max: 40 }),
        (lies, fresh) => {
          const { book, quarantine, database } = setUp();
          for (let other = 0; other < fresh; other += 1) serve(book, keyOf(`o${other}`), [0, 1, 2, 3, 4, 5]);
          serve(book, keyOf('v0'), [21, 22, 23, 24, 25, 26]);
          for (const { liar, victim } of lies) accuse(book, liar, keyOf(`v${victim}`));
          expect(quarantine.size).toBeLessThanOrEqual(6);
          expect(quarantine.isHeld(keyOf('v0'))).toBe(false);
          database.close();
        },
      ),
      { numRuns: 30 },
    );
  });
});
