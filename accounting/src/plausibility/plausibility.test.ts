import { describe, expect, it } from 'vitest';
import {
  checkAccessRate,
  checkContradiction,
  checkForged,
  checkGrantRate,
  checkGrantUse,
  checkNotDrawn,
  checkOverlaps,
  checkPlaces,
  checkRepeats,
  checkSentAhead,
  checkSharedAddress,
  checkUnsharedDemand,
  checkVolume,
  isForged,
  plausibilitySchema,
  type Span,
} from './index.js';

const MEGABYTE = 1_000_000;
const START_MS = Date.UTC(2026, 10, 20, 18);
const thresholds = plausibilitySchema.parse({});
const exact = plausibilitySchema.parse({ windowBytes: 0 });

let count = 0;
const span = (changes: Partial<Span> = {}): Span => {
  count += 1;
  return {
    transferId: `transfer-${count}`,
    uploader: 'uploader',
    downloader: 'downloader',
    contentId: 'film',
    bytes: 10 * MEGABYTE,
    startMs: START_MS,
    endMs: START_MS + 60_000,
    uploaderAddress: '127.1.0.1',
    downloaderAddress: '127.2.0.1',
    uploaderAs: 64_501,
    downloaderAs: 64_502,
    grantRateBitsPerSecond: 30_000_000,
    ...changes,
  };
};
const seconds = (from: number, to: number) => ({
  startMs: START_MS + from * 1_000,
  endMs: START_MS + to * 1_000,
});

describe('a contradiction by signatures', () => {
  it('is a proof, with both words as far as they fit', () => {
    const statements: [string, string] = ['one', 'x'.repeat(5_000)];
    const proof = { id: 7, agent: 'a', transferId: 't', kind: 'receipt-fork', statements, foundMs: 1 };
    expect(checkContradiction(proof)).toMatchObject({
      check: 'receipt-fork',
      subject: 't',
      score: 100,
      evidence: ['GET /v1/contradictions?afterId=6', 'one'],
    });
  });
});

describe('rates', () => {
  const at = (bitsPerSecond: number) => span({ bytes: (bitsPerSecond / 8) * 60 });

  it('are held against the grant, with some tolerance and a window that came before', () => {
    expect(checkGrantRate([at(52_000_000)], exact)).toBeUndefined();
    expect(checkGrantRate([at(53_000_000)], exact)).toMatchObject({ check: 'rate-above-grant' });
    expect(checkGrantRate([at(53_000_000)], thresholds)).toBeUndefined();
    expect(checkGrantRate([{ ...at(53_000_000), grantRateBitsPerSecond: null }], exact)).toBeUndefined();
  });

  it('without any time are no way around it, and short bursts no suspicion', () => {
    expect(checkGrantRate([span({ bytes: 60 * MEGABYTE, ...seconds(0, 0) })], thresholds)).toBeUndefined();
    expect(checkGrantRate([span({ bytes: 100 * MEGABYTE, ...seconds(0, 0) })], thresholds)).toBeDefined();
  });

  it('are held against what edges measured towards the downloader, if they did', () => {
    expect(checkAccessRate([at(40_000_000)], 10_000_000, exact)).toBeUndefined();
    expect(checkAccessRate([at(41_000_000)], 10_000_000, exact)).toMatchObject({
      check: 'rate-above-access',
    });
    expect(checkAccessRate([at(41_000_000)], null, exact)).toBeUndefined();
  });

  it('are of a transfer, however small its rows are cut; a pause is no part of a burst', () => {
    const small = (count: number, everyMs: number) =>
      Array.from({ length: count }, (_, index) => {
        const startMs = START_MS + index * everyMs;
        return span({ transferId: 'one', bytes: 30 * MEGABYTE, startMs, endMs: startMs });
      });
    expect(checkGrantRate(small(500, 0), thresholds)).toMatchObject({ check: 'rate-above-grant' });
    expect(checkAccessRate(small(500, 0), 10_000_000, thresholds)).toBeDefined();
    // 30 MB take five seconds at 52.5 Mbit/s.
    expect(checkGrantRate(small(500, 5_000), thresholds)).toBeUndefined();
    expect(checkGrantRate(small(500, 4_000).reverse(), thresholds)).toBeDefined();
    // What came before a long pause neither excuses nor accuses what comes after it.
    const late = { transferId: 'one', bytes: 90 * MEGABYTE, ...seconds(3_000, 3_001) };
    expect(checkGrantRate([...small(100, 5_000), span(late)], thresholds)).toMatchObject({
      message: expect.stringContaining('90000000 bytes in 1000 ms'),
    });
  });
});

describe('volume', () => {
  const received = (times: number, peerTimes = times) => ({
    contentId: 'film',
    sizeBytes: 1_000 * MEGABYTE,
    bytes: times * 1_000 * MEGABYTE,
    peerBytes: peerTimes * 1_000 * MEGABYTE,
  });

  it('of one content may be twice its size, and is the more suspicious the more it is', () => {
    expect(checkVolume(received(2), thresholds)).toBeUndefined();
    const scores = [2.1, 3.1, 5.1, 20].map((times) => checkVolume(received(times), thresholds)?.score);
    expect(scores).toEqual([20, 30, 50, 70]);
  });

  it('counts bytes of edges, and accuses nobody for them alone', () => {
    expect(checkVolume(received(3, 1.5), thresholds)).toBeDefined();
    expect(checkVolume(received(30, 1), thresholds)).toBeUndefined();
  });
});

describe('the grant and the window', () => {
  it('bound what an end signs', () => {
    const use = { transferId: 't', grantedBytes: 100 };
    expect(checkGrantUse({ ...use, signedBytes: 100 })).toBeUndefined();
    expect(checkGrantUse({ ...use, signedBytes: 101 })).toMatchObject({ check: 'bytes-above-grant' });
    // Of a ledger from before grants were kept.
    expect(checkGrantUse({ ...use, grantedBytes: 0, signedBytes: 101 })).toBeUndefined();
  });

  it('bound how far an uploader states to have gone ahead of receipts that it shows', () => {
    const limits = { windowBytes: 10 * MEGABYTE };
    const sent = { transferId: 't', receiptBytes: 160 * MEGABYTE };
    expect(checkSentAhead({ ...sent, sentBytes: 190 * MEGABYTE }, limits)).toBeUndefined();
    expect(checkSentAhead({ ...sent, sentBytes: 190 * MEGABYTE + 65_537 }, limits)?.score).toBe(80);
    expect(checkSentAhead({ ...sent, receiptBytes: 0, sentBytes: 30 * MEGABYTE }, limits)).toBeDefined();
  });
});

describe('simultaneous uploads', () => {
  const row = (from: number, to: number, bitsPerSecond: number) =>
    span({ ...seconds(from, to), bytes: (bitsPerSecond / 8) * (to - from) });

  it('share the line, and so may each be as fast as it one after another', () => {
    const after = [row(0, 30, 30_000_000), row(30, 60, 30_000_000), row(60, 90, 30_000_000)];
    expect(checkOverlaps(after, exact)).toBeUndefined();
    // One that is too fast alone is another check's.
    expect(checkOverlaps([row(0, 30, 90_000_000), row(30, 60, 1_000_000)], exact)).toBeUndefined();
    expect(checkOverlaps([row(0, 60, 15_000_000), row(0, 60, 15_000_000)], exact)).toBeUndefined();
  });

  it('are suspicious where together they are above it for some time', () => {
    const together = [row(0, 30, 30_000_000), row(10, 40, 30_000_000)];
    expect(checkOverlaps(together, exact)).toMatchObject({ check: 'overlap-above-access' });
    expect(checkOverlaps([row(0, 30, 30_000_000), row(26, 60, 30_000_000)], exact)).toBeUndefined();
    expect(checkOverlaps(together, thresholds)).toBeUndefined();
    const unknown = together.map((one) => ({ ...one, grantRateBitsPerSecond: null }));
    expect(checkOverlaps(unknown, exact)).toBeUndefined();
  });
});

describe('simultaneous uploads that are cut small', () => {
  const together = (transfers: number, rows: number, bytes: number) =>
    Array.from({ length: transfers * rows }, (_, index) =>
      span({
        ...{ transferId: `of-${index % transfers}`, bytes, grantRateBitsPerSecond: 10_000_000 },
        ...seconds(Math.floor(index / transfers), Math.floor(index / transfers)),
      }),
    );

  it('are as suspicious as whole ones: a window is forgiven once for each transfer', () => {
    expect(checkOverlaps(together(2, 1, 30 * MEGABYTE), thresholds)).toBeUndefined();
    expect(checkOverlaps(together(2, 10, 30 * MEGABYTE), thresholds)).toMatchObject({
      check: 'overlap-above-access',
      score: 40,
    });
    // 15 s of 17.5 Mbit/s, and two windows.
    expect(checkOverlaps(together(2, 10, 4 * MEGABYTE), thresholds)).toBeUndefined();
  });

  it('are more than any uplink has under way, however many transfers they are of', () => {
    expect(checkOverlaps(together(16, 1, 30 * MEGABYTE), thresholds)).toBeUndefined();
    expect(checkOverlaps(together(500, 1, 32 * 2 ** 20), thresholds)).toBeDefined();
  });
});

describe('one identity in two places', () => {
  const at = (address: string, downloaderAs: number | null, from: number, to: number) =>
    span({ downloaderAddress: address, downloaderAs, ...seconds(from, to) });
  const check = (...spans: Span[]) => checkPlaces('downloader', spans, thresholds);

  it('at once is suspicious, in three more than in two', () => {
    const two = [at('127.2.0.1', 64_502, 0, 120), at('127.3.0.1', 64_503, 30, 150)];
    expect(check(...two)).toMatchObject({ check: 'two-places-at-once', score: 50 });
    expect(check(...two, at('127.4.0.1', 64_504, 0, 120))).toMatchObject({ score: 80 });
    expect(check(...two.reverse())).toMatchObject({ score: 50 });
    const minutes = [0, 60, 120, 180, 240].flatMap((from) => [
      at('127.2.0.1', 64_502, from, from + 60),
      at('127.3.0.1', 64_503, from, from + 60),
    ]);
    expect(check(...minutes)).toMatchObject({ score: 60 });
  });

  it('is proven by going back while what began elsewhere goes on; one move may leave transfers behind', () => {
    const transfer = (transferId: string, network: number, from: number, to: number) =>
      Array.from({ length: Math.ceil((to - from) / 60) }, (_, minute) => ({
        ...at(
          `127.${network}.0.1`,
          64_500 + network,
          from + 60 * minute,
          Math.min(to, from + 60 * (minute + 1)),
        ),
        transferId,
      }));
    const home = transfer('home', 2, 0, 120);
    const elsewhere = transfer('elsewhere', 3, 60, 1_200);
    const back = transfer('back', 2, 120, 1_200);
    expect(check(...home, ...elsewhere, ...back)).toMatchObject({ score: 80 });
    expect(check(...elsewhere, ...back)).toMatchObject({ score: 60 });
    // Two lines at home: the session moved once.
    expect(check(...transfer('home', 2, 0, 1_200), ...elsewhere)).toMatchObject({ score: 60 });
    // Roaming there and back: what was begun elsewhere is given up.
    expect(check(...home, ...transfer('elsewhere', 3, 110, 160), ...back)).toBeUndefined();
    expect(check(...home, ...transfer('elsewhere', 3, 60, 350), ...back)).toMatchObject({ score: 50 });
  });

  it('one after another is roaming, also while the channel before is given up', () => {
    expect(check(at('127.2.0.1', 64_502, 0, 60), at('127.3.0.1', 64_503, 60, 120))).toBeUndefined();
    expect(check(at('127.2.0.1', 64_502, 0, 60), at('127.3.0.1', 64_503, 10, 120))).toBeUndefined();
    const channels = [1, 2, 3, 4].flatMap((minute) => [
      at(`127.${(minute % 2) + 2}.0.1`, 64_502 + (minute % 2), minute * 120, minute * 120 + 150),
      at(`127.${(minute % 2) + 2}.0.1`, 64_502 + (minute % 2), minute * 120, minute * 120 + 145),
    ]);
    expect(check(...channels)).toBeUndefined();
  });

  it('is no suspicion with another address of the same network, with dual stack, or where the network is not known', () => {
    expect(check(at('127.2.0.1', 64_502, 0, 600), at('127.2.0.9', 64_502, 0, 600))).toBeUndefined();
    expect(check(at('127.2.0.1', 64_502, 0, 600), at('2001:db8::1', 6_939, 0, 600))).toBeUndefined();
    expect(check(at('127.2.0.1', 64_502, 0, 600), at('127.3.0.1', null, 0, 600))).toBeUndefined();
  });
});

describe('many identities on one address', () => {
  const meet = (own: string, other: string, otherAddress: string) =>
    span({ downloader: own, downloaderAddress: '127.2.0.1', uploader: other, uploaderAddress: otherAddress });
  const everyone = (others: readonly [string, string][]): Span[] =>
    ['a', 'b', 'c'].flatMap((own) => others.map(([other, address]) => meet(own, other, address)));
  const check = (spans: readonly Span[]) => [...checkSharedAddress('127.2.0.1', spans, thresholds).keys()];
  const together: [string, string][] = ['x', 'y', 'z'].map((key) => [key, '127.1.0.1']);

  it('are suspicious when all of them meet the same ones of one other address alone', () => {
    expect(check(everyone(together))).toEqual(['a', 'b', 'c']);
  });

  it('are carrier-grade NAT when they meet others, few at one address, or one another', () => {
    expect(check([...everyone(together), meet('a', 'w', '127.3.0.1')])).toEqual([]);
    expect(check(everyone(together).slice(1))).toEqual([]);
    expect(check(everyone(together.slice(0, 2)))).toEqual([]);
    expect(check(everyone(together.map(([key], index) => [key, `127.1.0.${index}`])))).toEqual([]);
    expect(check(everyone(together.map(([key]) => [key, '127.2.0.1'])))).toEqual([]);
  });
});

describe('pairings and demand', () => {
  it('that were never drawn are suspicious, below a quarantine alone', () => {
    expect(checkNotDrawn('t', thresholds)).toMatchObject({ check: 'pairing-not-drawn', score: 70 });
  });

  const demand = (bytes: number, others: readonly string[] = []) => ({
    contentId: 'own',
    sizeBytes: 100,
    receivers: new Set(['a', 'b', ...others]),
    pairs: [
      { uploader: 'a', downloader: 'b', bytes: bytes / 2 },
      { uploader: 'b', downloader: 'a', bytes: bytes / 2 },
    ],
  });

  it('that two have for themselves over and over are suspicious for both', () => {
    const found = checkUnsharedDemand(demand(300), thresholds);
    expect([...found.keys()]).toEqual(['a', 'b']);
    expect(found.get('a')).toMatchObject({ check: 'unshared-demand', score: 30 });
    expect(checkUnsharedDemand(demand(500), thresholds).get('a')?.score).toBe(40);
  });

  it('is a new title the first time, and shared when anybody else has any of it', () => {
    expect(checkUnsharedDemand(demand(298), thresholds).size).toBe(0);
    expect(checkUnsharedDemand(demand(3_000, ['c']), thresholds).size).toBe(0);
  });
});

describe('repeated downloads in an AS', () => {
  it('are strange where they are many, and many times as often as elsewhere', () => {
    const elsewhere = { agents: 1_000, repeating: 20 };
    expect(checkRepeats(64_502, { agents: 40, repeating: 10 }, elsewhere, thresholds)).toMatchObject({
      check: 'repeats-in-as',
    });
    expect(checkRepeats(64_502, { agents: 400, repeating: 10 }, elsewhere, thresholds)).toBeUndefined();
    expect(checkRepeats(64_502, { agents: 4, repeating: 4 }, elsewhere, thresholds)).toBeUndefined();
    // People fetch again everywhere here.
    const usual = { agents: 1_000, repeating: 150 };
    expect(checkRepeats(64_502, { agents: 40, repeating: 10 }, usual, thresholds)).toBeUndefined();
  });
});

describe('forged reports', () => {
  it('count from the third on; clocks, rotations, roaming and backups forge nothing', () => {
    expect(checkForged(['x', 'x'], 2, thresholds)).toBeUndefined();
    expect(checkForged(['x', 'x', 'x'], 3, thresholds)).toMatchObject({ check: 'forged-reports', score: 80 });
    expect(isForged('receipt-forged')).toBe(true);
    const honest = [
      'grant-forged',
      'grant-expired',
      'part-conflict',
      'uploader-outside-permit',
      'time-in-future',
    ];
    expect(honest.filter(isForged)).toEqual([]);
  });
});
