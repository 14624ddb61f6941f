import type { Contradiction, LedgerEvent } from '@fairhop/shared/contract';
import { type AgentKey, FairhopError, type TransferId } from '@fairhop/shared/model';
import { type Clock, openDatabase } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import type { BeliefBook } from '../matching/belief-book.js';
import { type BeliefReader, createBeliefReader } from '../matching/read-beliefs.js';
import { defaultTerms, type TermsOf } from '../matching/terms.js';
import { type Booker, type BookResult, createBooking } from './book.js';
import type { CheckedBatch } from './event.js';
import { createOwnerBytes } from './owner-bytes.js';
import { type BookedConflict, createPathConflicts } from './path-conflicts.js';
import { createEventReader, type EventFilter } from './read-events.js';
import { createRejections, type Rejection } from './rejections.js';
import { createReporters, type Gap, type GapPage } from './reporters.js';
import { createRetention, type Retention } from './retention.js';
import { ledgerMigrations } from './schema.js';
import { createSignedWords, type TransferHeads } from './signed-words.js';
import { type BookedTrace, createTraceStore, type Trace, type TraceRef } from './traces.js';

export interface LedgerOptions {
  /** Path of the database; made when it is not there. */
  readonly file: string;
  readonly clock: Clock;
  /** How long claims of an owner's bytes are held, and what is tolerated; by default seven days, and nothing. */
  readonly termsOf?: TermsOf;
}

/** Told after a batch is on disk. */
export type BookedListener = (booked: { readonly owners: readonly string[] }) => void;

export interface Ledger {
  start(): Promise<void>;
  stop(): Promise<void>;
  /**
   * Books a batch in one transaction; on return it survives a power cut. A part of a transfer is booked once: the same again is a
   * duplicate, another one under its number is rejected with `part-conflict`. Other rejections: `part-overlap`, `part-chain`,
   * `completion-conflict`, `completions-beyond-limit`, `receipt-contradicts`, `statement-contradicts`, `event-invalid`, `bytes-beyond-limit`, `too-many-gaps`.
   * Throws `too-many-incarnations` (429), with nothing kept, for more new ones of a reporter than a day may have.
   */
  book(batch: CheckedBatch, nowMs?: number): BookResult;
  /**
   * Keeps the traces of a batch that is booked next, so that its paths are resolved with them. It acknowledges nothing: booking
   * the batch finds them there.
   */
  keepTraces(batch: CheckedBatch, nowMs?: number): void;
  /** The listener is told of owners whose sums grew. Returns how to stop it. */
  onBooked(listener: BookedListener): () => void;
  /** Sequence numbers that reporters skipped. */
  gaps(page: GapPage): Gap[];
  /** Refused messages, the newest first, and how many there ever were. */
  rejections(limit: number): { total: number; rejections: Rejection[] };
  /** Events in booking order after an id. */
  eventsAfter(afterId: number, limit: number, filter?: EventFilter): LedgerEvent[];
  /** Bytes of an owner delivered to clients in the 5-minute bins that begin within [fromMs, toMs). */
  ownerBytes(owner: string, fromMs: number, toMs: number): number;
  /** Where sources differed about paths of booked rows, the newest first. */
  pathConflicts(limit: number): BookedConflict[];
  /** Traceroutes in booking order after an id, as many as are kept (traces.ts, trace-allowance.ts). */
  tracesAfter(afterId: number, limit: number, transferId?: TransferId): BookedTrace[];
  /** Forward traces between the networks of two addresses that may tell of that time, the best first. */
  tracesBetween(source: string, destination: string, timeMs: number): readonly TraceRef[];
  trace(id: number): Trace | undefined;
  /** How far the signed words of a transfer's two ends go; undefined where there is none. */
  transferHeads(transferId: TransferId): TransferHeads | undefined;
  /** Proofs of rewritten histories in the order in which they were found, after an id. */
  contradictions(afterId: number, limit: number, agent?: AgentKey): Contradiction[];
  /** What is believed of transfers between agents. */
  readonly beliefs: BeliefReader & Pick<BeliefBook, 'review' | 'setQuarantined'>;
  /** Drops single events that are old; the sums stay. */
  readonly retention: Retention;
  /** For reading by queries and audit. */
  readonly database: Database;
}

/** Pages kept in memory: the warm ends of the trees at tens of millions of events. */
const cacheKib = 128 * 1024;
/** 256 MiB of write-ahead log: a page that many batches touch is copied into the database once. */
const checkpointPages = 65_536;

interface Opened {
  readonly database: Database;
  readonly booking: Booker;
  readonly beliefs: Ledger['beliefs'];
  readonly retention: Retention;
  readonly ownerName: (id: number) => string;
  readonly reads: Pick<
    Ledger,
    | 'gaps'
    | 'rejections'
    | 'eventsAfter'
    | 'ownerBytes'
    | 'pathConflicts'
    | 'tracesAfter'
    | 'tracesBetween'
    | 'trace'
    | 'transferHeads'
    | 'contradictions'
  >;
}

function open(file: string, termsOf: TermsOf): Opened {
  const database = openDatabase(file, ledgerMigrations, { synchronous: 'FULL' });
  database.pragma(`cache_size = -${cacheKib}`);
  database.pragma(`wal_autocheckpoint = ${checkpointPages}`);
  const selectOwner = database.prepare<[number], string>('SELECT name FROM owners WHERE id = ?').pluck();
  const traces = createTraceStore(database);
  const signedWords = createSignedWords(database);
  const retention = createRetention(database);
  const booking = createBooking(database, { traces, signedWords, termsOf, retention });
  return {
    database,
    booking,
    beliefs: { ...booking.beliefs, ...createBeliefReader(database) },
    retention,
    ownerName: (id) => selectOwner.get(id)!,
    reads: {
      gaps: createReporters(database).gaps,
      rejections: createRejections(database).list,
      eventsAfter: createEventReader(database),
      ownerBytes: createOwnerBytes(database),
      pathConflicts: createPathConflicts(database).list,
      tracesAfter: traces.after,
      tracesBetween: traces.between,
      trace: traces.trace,
      transferHeads: signedWords.heads,
      contradictions: signedWords.contradictions,
    },
  };
}

/** The book of all transfers, in SQLite. One process writes it at a time. */
export function createLedger({ file, clock, termsOf = defaultTerms }: LedgerOptions): Ledger {
  let opened: Opened | undefined;
  const listeners = new Set<BookedListener>();
  const running = (): Opened => {
    if (opened === undefined) throw new FairhopError('ledger-stopped', `ledger ${file} is not started`);
    return opened;
  };
  return {
    async start() {
      opened ??= open(file, termsOf);
    },
    async stop() {
      opened?.database.close();
      opened = undefined;
    },
    book(batch, nowMs = clock.nowMs()) {
      const { booking, ownerName } = running();
      const { owners, ...result } = booking.book(batch, nowMs);
      if (owners.length > 0) {
        const names = owners.map(ownerName);
        for (const listener of listeners) listener({ owners: names });
      }
      return result;
    },
    keepTraces: (batch, nowMs = clock.nowMs()) => running().booking.keepTraces(batch, nowMs),
    onBooked(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    gaps: (page) => running().reads.gaps(page),
    rejections: (limit) => running().reads.rejections(limit),
    eventsAfter: (afterId, limit, filter) => running().reads.eventsAfter(afterId, limit, filter),
    ownerBytes: (owner, fromMs, toMs) => running().reads.ownerBytes(owner, fromMs, toMs),
    pathConflicts: (limit) => running().reads.pathConflicts(limit),
    tracesAfter: (afterId, limit, transferId) => running().reads.tracesAfter(afterId, limit, transferId),
    tracesBetween: (source, destination, timeMs) =>
      running().reads.tracesBetween(source, destination, timeMs),
    trace: (id) => running().reads.trace(id),
    transferHeads: (transferId) => running().reads.transferHeads(transferId),
    contradictions: (afterId, limit, agent) => running().reads.contradictions(afterId, limit, agent),
    get beliefs() {
      return running().beliefs;
    },
    get retention() {
      return running().retention;
    },
    get database() {
      return running().database;
    },
  };
}
