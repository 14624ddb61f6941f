import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRendezvous } from './rendezvous.js';
import { decide } from './scheduler.js';
import { PIECE, type SchedulerSource, type SchedulerView } from './scheduler-view.js';
import { seededRandom } from './virtual-time.js';

const PIECES = 24;

const sourceArbitrary = fc.record({
  kind: fc.constantFrom('peer' as const, 'edge' as const),
  onNet: fc.boolean(),
  holdings: fc.uint8Array({ minLength: PIECES, maxLength: PIECES, max: 1 }),
  rateBytesPerSecond: fc.integer({ min: 1, max: 10_000_000 }),
  outstandingRequests: fc.integer({ min: 0, max: 20 }),
  usable: fc.boolean(),
});

const viewArbitrary = fc
  .record({
    states: fc.array(fc.constantFrom(PIECE.missing, PIECE.covered, PIECE.open, PIECE.held), {
      minLength: PIECES,
      maxLength: PIECES,
    }),
    sources: fc.array(sourceArbitrary, { maxLength: 8 }),
    mine: fc.array(fc.boolean(), { minLength: PIECES, maxLength: PIECES }),
    sharesEntry: fc.boolean(),
    mayStartPiece: fc.boolean(),
    offNetServesAll: fc.boolean(),
    edgeServesAll: fc.boolean(),
    edgeRepeatBytes: fc.constantFrom(0, 1_000_000),
  })
  .map(({ sources, states, mine, ...rest }): SchedulerView => {
    const built: SchedulerSource[] = sources.map((source, id) => ({
      ...source,
      id,
      exhausted: false,
      onNet: source.kind === 'peer' && source.onNet,
      holdings: source.kind === 'edge' ? new Uint8Array(PIECES).fill(1) : source.holdings,
      outstandingBytes: source.outstandingRequests * 262_144,
    }));
    const count = (of: SchedulerSource[]): Uint16Array =>
      Uint16Array.from(
        { length: PIECES },
        (_, piece) => of.filter(({ holdings }) => holdings[piece] === 1).length,
      );
    const peers = built.filter(({ kind }) => kind === 'peer');
    return {
      ...rest,
      states: Uint8Array.from(states),
      askable: states.flatMap((state, piece) =>
        state === PIECE.missing || state === PIECE.open ? [piece] : [],
      ),
      sources: built,
      isBusy: false,
      looksForLate: true,
      jobs: [],
      holders: count(peers),
      onNetHolders: count(peers.filter(({ onNet }) => onNet)),
      mayEnter: (piece) => !rest.sharesEntry || mine[piece]!,
      weightOf: (piece) => piece,
    };
  });

const assignmentOf = (view: SchedulerView, seed: number) => {
  const { assignment } = decide(view, seededRandom(seed));
  if (assignment?.kind !== 'fetch') return undefined;
  return { ...assignment, source: view.sources[assignment.sourceId]! };
};

describe('the scheduler', () => {
  it('asks only for pieces that are wanted, of usable sources that hold them', () => {
    fc.assert(
      fc.property(viewArbitrary, fc.nat(), (view, seed) => {
        const assignment = assignmentOf(view, seed);
        if (!assignment) return;
        const { source, piece } = assignment;
        expect(source.usable).toBe(true);
        expect(source.holdings[piece]).toBe(1);
        expect([PIECE.missing, PIECE.open]).toContain(view.states[piece]);
        if (!view.mayStartPiece) expect(view.states[piece]).toBe(PIECE.open);
      }),
    );
  });

  it('takes from other ISPs nothing that somebody on-net holds, unless the download is slow', () => {
    fc.assert(
      fc.property(viewArbitrary, fc.nat(), (view, seed) => {
        const assignment = assignmentOf(view, seed);
        if (assignment?.source.kind !== 'peer' || assignment.source.onNet) return;
        if (!view.offNetServesAll) expect(view.onNetHolders[assignment.piece]).toBe(0);
      }),
    );
  });

  it('takes from the edge what is held on-net only when it serves all or has repeats left', () => {
    fc.assert(
      fc.property(viewArbitrary, fc.nat(), (view, seed) => {
        const assignment = assignmentOf(view, seed);
        if (assignment?.source.kind !== 'edge' || view.onNetHolders[assignment.piece] === 0) return;
        expect(view.edgeServesAll || view.edgeRepeatBytes > 0).toBe(true);
        expect(assignment.repeat).toBe(true);
      }),
    );
  });

  it('asks the cheapest kind of source that has something', () => {
    fc.assert(
      fc.property(viewArbitrary, fc.nat(), (view, seed) => {
        const assignment = assignmentOf(view, seed);
        if (!assignment || (assignment.source.kind === 'peer' && assignment.source.onNet)) return;
        const isIdleOnNet = view.sources.some(
          (source) =>
            source.kind === 'peer' &&
            source.onNet &&
            source.usable &&
            source.outstandingRequests === 0 &&
            source.holdings.some(
              (held, piece) =>
                held === 1 &&
                (view.states[piece] === PIECE.open ||
                  (view.states[piece] === PIECE.missing && view.mayStartPiece)),
            ),
        );
        expect(isIdleOnNet).toBe(false);
      }),
    );
  });

  it('asks an on-net peer for the piece that the fewest on-net hold', () => {
    fc.assert(
      fc.property(viewArbitrary, fc.nat(), (view, seed) => {
        const assignment = assignmentOf({ ...view, mayStartPiece: true }, seed);
        if (assignment?.source.kind !== 'peer' || !assignment.source.onNet) return;
        const state = view.states[assignment.piece];
        view.states.forEach((other, piece) => {
          if (other !== state || assignment.source.holdings[piece] === 0) return;
          expect(view.onNetHolders[piece]).toBeGreaterThanOrEqual(view.onNetHolders[assignment.piece]!);
        });
      }),
    );
  });

  it('keeps queues short: nothing more for a source that owes more than a moment’s worth', () => {
    fc.assert(
      fc.property(viewArbitrary, fc.nat(), (view, seed) => {
        const source = assignmentOf(view, seed)?.source;
        if (!source || source.outstandingRequests === 0) return;
        expect(source.outstandingBytes).toBeLessThanOrEqual(source.rateBytesPerSecond);
      }),
    );
  });

  it('spreads agents over equally rare pieces', () => {
    const view: SchedulerView = {
      states: new Uint8Array(PIECES),
      holders: new Uint16Array(PIECES),
      onNetHolders: new Uint16Array(PIECES),
      sources: [
        {
          id: 0,
          kind: 'edge',
          onNet: false,
          holdings: new Uint8Array(PIECES).fill(1),
          rateBytesPerSecond: 1e6,
          outstandingBytes: 0,
          outstandingRequests: 0,
          usable: true,
          exhausted: false,
        },
      ],
      askable: [...Array(PIECES).keys()],
      isBusy: false,
      looksForLate: true,
      jobs: [],
      mayEnter: () => true,
      weightOf: () => 0,
      sharesEntry: false,
      mayStartPiece: true,
      offNetServesAll: false,
      edgeServesAll: false,
      edgeRepeatBytes: 0,
    };
    const picked = new Set(Array.from({ length: 400 }, (_, seed) => assignmentOf(view, seed)?.piece));
    expect(picked.size).toBe(PIECES);
  });
});

describe('late requests', () => {
  const source = (id: number, kind: 'peer' | 'edge', outstandingRequests: number): SchedulerSource => ({
    id,
    kind,
    onNet: kind === 'peer',
    holdings: new Uint8Array(PIECES).fill(1),
    rateBytesPerSecond: 1e6,
    outstandingBytes: outstandingRequests * 1e6,
    outstandingRequests,
    usable: true,
    exhausted: false,
  });
  const endgame = (owner: 'peer' | 'edge', thief: 'peer' | 'edge', silentMs: number): SchedulerView => ({
    states: new Uint8Array(PIECES).fill(PIECE.covered),
    askable: [],
    holders: new Uint16Array(PIECES).fill(1),
    onNetHolders: new Uint16Array(PIECES).fill(1),
    sources: [{ ...source(0, owner, 1), rateBytesPerSecond: 1e5 }, source(1, thief, 0)],
    isBusy: true,
    looksForLate: true,
    jobs: [{ sourceId: 0, piece: 3, remainingBytes: 1e6, queuedBytes: 1e6, silentMs, doubled: false }],
    mayEnter: () => true,
    weightOf: () => 0,
    sharesEntry: false,
    mayStartPiece: true,
    offNetServesAll: false,
    edgeServesAll: true,
    edgeRepeatBytes: 1e9,
  });
  const theftOf = (view: SchedulerView) => decide(view, seededRandom(1)).assignment;

  it('of a slow peer are split with an idle source in the end', () => {
    expect(theftOf(endgame('peer', 'peer', 0))).toMatchObject({ kind: 'steal', sourceId: 1, stuck: false });
    expect(theftOf(endgame('peer', 'edge', 0))).toMatchObject({ kind: 'steal', sourceId: 1, stuck: false });
  });

  it('of an edge are left alone, however slow it is, until it sends nothing for long', () => {
    fc.assert(
      fc.property(fc.constantFrom('peer' as const, 'edge' as const), fc.nat(40_000), (thief, silentMs) => {
        expect(theftOf(endgame('edge', thief, silentMs))).toBeUndefined();
        expect(theftOf(endgame('edge', thief, silentMs + 40_001))).toMatchObject({ stuck: true });
      }),
    );
  });
});

describe('rendezvous hashing', () => {
  const keys = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 12 });

  it('names one fetcher for a piece, whatever order the keys come in', () => {
    fc.assert(
      fc.property(keys, (fetchers) => {
        const one = createRendezvous('content', 50, fetchers);
        const other = createRendezvous('content', 50, [...fetchers].reverse());
        for (let piece = 0; piece < 50; piece++) {
          expect(one.fetchers[one.fetcherOf(piece)]).toBe(other.fetchers[other.fetcherOf(piece)]);
          expect(fetchers).toContain(one.fetchers[one.fetcherOf(piece)]);
        }
      }),
    );
  });

  it('moves only the pieces of a fetcher that leaves', () => {
    fc.assert(
      fc.property(keys, (fetchers) => {
        const before = createRendezvous('content', 50, fetchers);
        const after = createRendezvous('content', 50, fetchers.slice(1));
        for (let piece = 0; piece < 50; piece++) {
          const named = before.fetchers[before.fetcherOf(piece)];
          if (named !== fetchers[0]) expect(after.fetchers[after.fetcherOf(piece)]).toBe(named);
        }
      }),
    );
  });

  it('gives each fetcher about its share', () => {
    const fetchers = ['a', 'b', 'c', 'd'];
    const rendezvous = createRendezvous('content', 4000, fetchers);
    const shares = fetchers.map(() => 0);
    for (let piece = 0; piece < 4000; piece++) shares[rendezvous.fetcherOf(piece)]! += 1;
    for (const share of shares) expect(Math.abs(share - 1000)).toBeLessThan(150);
  });
});
