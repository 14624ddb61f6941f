import { describe, expect, it } from 'vitest';
import { differenceOf, isTelling, type TransferWords } from './differences.js';

const MEBIBYTE = 1024 * 1024;
const words = (changes: Partial<TransferWords> = {}): TransferWords => ({
  grantedBytes: 800 * MEBIBYTE,
  downloaderBytes: 100 * MEBIBYTE,
  uploaderBytes: 100 * MEBIBYTE,
  receiptBytes: 100 * MEBIBYTE,
  isDone: true,
  settledBytes: 100 * MEBIBYTE,
  toleranceBytes: 0,
  ...changes,
});

describe('how both ends of a transfer differ', () => {
  it('is told by the furthest that each signed', () => {
    const of = (changes: Partial<TransferWords>) => differenceOf(words(changes));
    expect(of({})).toBe('none');
    expect(of({ settledBytes: 0 })).toBe('open');
    expect(of({ uploaderBytes: 99 * MEBIBYTE })).toBe('words');
    expect(of({ uploaderBytes: 99 * MEBIBYTE, toleranceBytes: MEBIBYTE })).toBe('none');
    expect(of({ uploaderBytes: 99 * MEBIBYTE, isDone: false })).toBe('unconfirmed');
    expect(of({ uploaderBytes: null, isDone: false })).toBe('unconfirmed');
    expect(of({ downloaderBytes: 99 * MEBIBYTE })).toBe('denied');
  });

  it('leaves a line that broke what was under way, and no window', () => {
    const sent = (mebibytes: number, changes: Partial<TransferWords> = {}) =>
      differenceOf(words({ uploaderBytes: mebibytes * MEBIBYTE, ...changes }));
    expect(sent(107)).toBe('none');
    expect(sent(108)).toBe('unacknowledged');
    expect(sent(108, { isDone: false })).toBe('unfinished');
    const small = { grantedBytes: 8 * MEBIBYTE, downloaderBytes: 0, receiptBytes: null, settledBytes: 0 };
    expect(sent(1, small)).toBe('unacknowledged');
    expect(sent(0.5, small)).toBe('open');
  });
});

describe('silence', () => {
  const limits = { quietMs: 600, muteMs: 30_000 };
  const never = { downloaderSignedMs: 0, downloaderHeardMs: 0, uploaderHeardMs: 0 };
  const times = { lastMs: 10_000, signedMs: 9_000 };
  const tells = (difference: Parameters<typeof isTelling>[0], activity = {}, nowMs = 20_000) =>
    isTelling(difference, times, { ...never, ...activity }, nowMs, limits);

  it('means nothing at once, and words do', () => {
    expect(tells('words', {}, 10_000)).toBe(true);
    expect(tells('unacknowledged', {}, 10_599)).toBe(false);
    expect(tells('unacknowledged', {}, 10_600)).toBe(true);
    expect(tells('none')).toBe(false);
  });

  it('is of who told accounting of later things', () => {
    expect(tells('denied')).toBe(false);
    expect(tells('denied', { downloaderHeardMs: 9_600 })).toBe(false);
    expect(tells('denied', { downloaderHeardMs: 9_601 })).toBe(true);
    expect(tells('denied', { uploaderHeardMs: 15_000 })).toBe(false);
    for (const one of ['unconfirmed', 'unfinished'] as const) {
      expect(tells(one, { downloaderHeardMs: 15_000, downloaderSignedMs: 15_000 })).toBe(false);
      expect(tells(one, { uploaderHeardMs: 9_600 })).toBe(false);
      expect(tells(one, { uploaderHeardMs: 9_601 })).toBe(true);
    }
  });

  it('is late of who is active with others and tells accounting nothing, for a month', () => {
    expect(tells('denied', { downloaderSignedMs: 39_000 }, 50_000)).toBe(false);
    expect(tells('denied', { downloaderSignedMs: 39_001 }, 50_000)).toBe(true);
    expect(tells('denied', { downloaderSignedMs: 9_000 }, 90_000)).toBe(false);
  });
});
