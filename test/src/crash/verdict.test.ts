import { expect, it } from 'vitest';
import { type Evidence, judge } from './verdict.js';

const none = { lostBytes: 0, doubledBytes: 0, unsettledBytes: 0 };

/** A transfer of 100 bytes in two rows, receipted by its downloader and settled. */
const whole: Evidence = {
  transfers: [{ transferId: 'a', rowBytes: 100, settledBytes: 100, openBytes: 0 }],
  rows: [
    { transferId: 'a', fromBytes: 0, bytes: 60 },
    { transferId: 'a', fromBytes: 60, bytes: 40 },
  ],
  signedBytes: new Map([['a', 100]]),
  witnessedBytes: new Map([['a', 100]]),
  seen: new Map([['a', { rowBytes: 100, settledBytes: 100 }]]),
};

it('finds nothing where the rows are what was receipted', () => {
  expect(judge(whole)).toEqual({ ...none, settledBytes: 100 });
});

it.each<[string, Partial<Evidence>, object]>([
  ['a row that is gone', { rows: whole.rows.slice(0, 1) }, { lostBytes: 40 }],
  ['a transfer that only a disk knows', { witnessedBytes: new Map([['b', 7]]) }, { lostBytes: 7 }],
  ['a receipt beyond the last row', { signedBytes: new Map([['a', 130]]) }, { lostBytes: 30 }],
  ['a row twice', { rows: [whole.rows[0]!, ...whole.rows] }, { doubledBytes: 60 }],
  [
    'rows without a receipt',
    { signedBytes: new Map(), witnessedBytes: new Map([['a', 60]]) },
    { doubledBytes: 40 },
  ],
  [
    'settled bytes that are open again',
    { transfers: [{ transferId: 'a', rowBytes: 100, settledBytes: 90, openBytes: 10 }] },
    { lostBytes: 10, unsettledBytes: 10 },
  ],
])('finds %s', (_what, change, found) => {
  expect(judge({ ...whole, ...change })).toMatchObject({ ...none, ...found });
});
