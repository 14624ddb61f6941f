import { BIN_MS } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import { type BeliefBook, createBeliefBook } from '../matching/belief-book.js';
import { newRowsOf, unsignedOf } from '../matching/new-rows.js';
import type { TermsOf } from '../matching/terms.js';
import { partFault } from './check-event.js';
import { createCompletionBook } from './completion-book.js';
import type { CheckedBatch, CheckedMessage, SignedWords, TransferEvent } from './event.js';
import { createEventStore } from './event-store.js';
import { createPathConflicts, type Met, noteConflict } from './path-conflicts.js';
import type { Refusal } from './refusal.js';
import { createRejections } from './rejections.js';
import { createReporters, type Reporter } from './reporters.js';
import type { Retention } from './retention.js';
import { RollupDeltas } from './rollup-deltas.js';
import { createRollupStore } from './rollup-store.js';
import { BLOCK_EVENTS } from './schema.js';
import type { SignedWordStore } from './signed-words.js';
import type { TraceStore } from './traces.js';

export interface BookResult {
  /** Messages booked by this batch. */
  readonly accepted: number;
  /** Messages of which everything was there before. */
  readonly duplicates: number;
  readonly rejected: readonly {
    readonly sequence: number;
    readonly code: string;
    readonly message: string;
  }[];
}

interface Booking extends BookResult {
  /** Ids of the owners whose sums grew. */
  readonly owners: readonly number[];
}

type Outcome = 'accepted' | 'duplicate' | Refusal;

/** SQLite adds up to 2^63 − 1; no sum of the ledger comes near. */
const maximumLedgerBytes = 2n ** 62n;

export interface Booker {
  /**
   * One batch in one transaction: what is acknowledged is on disk, once. Throws `too-many-incarnations` and what SQLite throws, with
   * nothing booked.
   */
  book(batch: CheckedBatch, nowMs: number): Booking;
  /** The traces of a batch that is booked next, so that its own paths are resolved with them. Nothing is acknowledged by it. */
  keepTraces(batch: CheckedBatch, nowMs: number): void;
  readonly beliefs: Pick<BeliefBook, 'review' | 'setQuarantined'>;
}

export function createBooking(
  database: Database,
  {
    traces,
    signedWords,
    termsOf,
    retention,
  }: {
    readonly traces: TraceStore;
    readonly signedWords: SignedWordStore;
    readonly termsOf: TermsOf;
    readonly retention: Pick<Retention, 'keptFromBin'>;
  },
): Booker {
  const events = createEventStore(database);
  const reporters = createReporters(database);
  const rejections = createRejections(database);
  const rollups = createRollupStore(database);
  const pathConflicts = createPathConflicts(database);
  const beliefs = createBeliefBook(database, { hostOf: events.hostId, termsOf });
  const completions = createCompletionBook(database, events);
  const upsertBlock = database.prepare(
    `INSERT INTO event_blocks (block, first_bin, last_bin) VALUES (?, ?, ?) ON CONFLICT DO UPDATE
     SET first_bin = min(first_bin, excluded.first_bin), last_bin = max(last_bin, excluded.last_bin)`,
  );
  const totalBytes = database
    .prepare<[], bigint>(`SELECT value FROM counters WHERE name = 'bytes'`)
    .pluck()
    .safeIntegers();
  const count = database.prepare('UPDATE counters SET value = value + ? WHERE name = ?');

  const keepTrace = (
    message: CheckedMessage & { outcome: 'evidence' },
    { id }: Reporter,
    bookedMs: number,
    key: string,
  ): void => traces.add(message, { reporter: { id, key }, sequence: message.sequence, bookedMs });

  const keepTraces = (batch: CheckedBatch, nowMs: number): void => {
    const reporter = reporters.find(batch.reporter, batch.incarnation, nowMs);
    for (const message of batch.messages) {
      if (message.outcome !== 'evidence' || decidedBySequence(reporter, message) !== undefined) continue;
      keepTrace(message, reporter, nowMs, batch.reporter);
    }
  };

  const bookBatch = (batch: CheckedBatch, nowMs: number): Booking => {
    const reporter = reporters.find(batch.reporter, batch.incarnation, nowMs);
    const deltas = new RollupDeltas();
    const blocks = new Map<number, { first: number; last: number }>();
    const conflicts = new Map<string, Met>();
    const before = totalBytes.get()!;
    const ledgerRoom = maximumLedgerBytes - before;
    const keptFromMs = retention.keptFromBin() * BIN_MS;
    let newEvents = 0;
    let newBytes = 0;

    /** All events of a message or none. */
    const bookEvents = (message: readonly TransferEvent[], signed?: SignedWords): Outcome => {
      if (message.length === 0) return 'accepted';
      const fault = partFault(message);
      if (fault !== undefined) return { code: 'event-invalid', message: fault };
      // Whether they are booked already is not known any more.
      if (message[0]!.binMs < keptFromMs) {
        const kept = new Date(keptFromMs).toISOString();
        return {
          code: 'event-dropped',
          message: `events before ${kept} are dropped; only later ones are booked`,
        };
      }
      let bytes = 0;
      for (const event of message) bytes += event.bytes;
      if (bytes > deltas.room || BigInt(newBytes + bytes) > ledgerRoom) {
        return {
          code: 'bytes-beyond-limit',
          message: `${bytes} bytes more than the ledger can add up; fewer in a batch are right`,
        };
      }
      const stored = events.store(message, reporter.id, nowMs);
      if (!Array.isArray(stored)) return stored;
      const proven = signed ?? unsignedOf(message[0]!);
      if (proven !== undefined) beliefs.note(proven, newRowsOf(message, stored), false);
      for (const { id, booked } of stored) {
        deltas.add(booked);
        noteBlock(blocks, Math.floor(id / BLOCK_EVENTS), booked.bin);
      }
      newBytes += bytes;
      newEvents += stored.length;
      return 'accepted';
    };
    const bookMessage = (message: CheckedMessage): Outcome => {
      switch (message.outcome) {
        case 'events': {
          // Before the row's own rules: a history that is told anew is mostly refused by them, and must be seen all the same.
          const noted = message.signed && signedWords.note(message.signed, nowMs, message.events.length > 0);
          if (message.signed) beliefs.note(message.signed, [], noted?.refusal !== undefined);
          if (noted?.refusal) return noted.refusal;
          const outcome = bookEvents(message.events, message.signed);
          if (outcome === 'accepted')
            for (const conflict of message.conflicts ?? [])
              noteConflict(conflicts, conflict, message.events[0]!.startMs);
          return outcome;
        }
        case 'completion':
          return completions.book(message.completion, reporter.id, nowMs);
        case 'statement': {
          const { isNew, refusal } = signedWords.note(message.signed, nowMs, true);
          beliefs.note(message.signed, [], refusal !== undefined);
          return refusal ?? (isNew ? 'accepted' : 'duplicate');
        }
        case 'evidence':
          keepTrace(message, reporter, nowMs, batch.reporter);
          return 'accepted';
        case 'rejected':
          return { code: message.code, message: message.message };
      }
    };

    let accepted = 0;
    let duplicates = 0;
    const rejected: BookResult['rejected'][number][] = [];
    for (const message of batch.messages) {
      const { sequence } = message;
      const outcome = decidedBySequence(reporter, message) ?? bookMessage(message);
      if (outcome === 'accepted') accepted += 1;
      else if (outcome === 'duplicate') duplicates += 1;
      else {
        const { code, message: text } = outcome;
        rejected.push({ sequence, code, message: text });
        const { reporter: name, incarnation } = batch;
        rejections.add({ reporter: name, incarnation, sequence, code, message: text, bookedMs: nowMs });
        if (code === tooManyGaps) continue;
      }
      reporter.received.add(sequence);
    }
    rejections.trim();
    reporters.save(reporter);
    rollups.add(deltas);
    beliefs.write(nowMs);
    pathConflicts.add(conflicts);
    for (const [block, { first, last }] of blocks) upsertBlock.run(block, first, last);
    if (newEvents > 0) {
      count.run(newEvents, 'events');
      count.run(newBytes, 'bytes');
    }
    return { accepted, duplicates, rejected, owners: deltas.owners };
  };

  const inTransaction = <Result>(work: (batch: CheckedBatch, nowMs: number) => Result) => {
    const transaction = database.transaction(work);
    return (batch: CheckedBatch, nowMs: number): Result => {
      reporters.admit(batch.reporter, batch.incarnation, nowMs);
      try {
        return transaction.immediate(batch, nowMs);
      } catch (error) {
        events.forget();
        reporters.forget();
        traces.forget();
        beliefs.forget();
        completions.forget();
        throw error;
      }
    };
  };
  return { book: inTransaction(bookBatch), keepTraces: inTransaction(keepTraces), beliefs };
}

const tooManyGaps = 'too-many-gaps';

/**
 * What is decided by the sequence number alone. Rows, statements and completions are not: their own keys tell whether they are booked,
 * so that a reporter which counts anew from an old backup loses nothing.
 */
function decidedBySequence(
  { received, maximumRanges }: Reporter,
  message: CheckedMessage,
): Outcome | undefined {
  const { sequence, outcome } = message;
  if (received.has(sequence)) {
    const hasOwnKey =
      outcome === 'completion' ||
      outcome === 'statement' ||
      (outcome === 'events' && message.events.length > 0);
    return hasOwnKey ? undefined : 'duplicate';
  }
  if (received.ranges.length < maximumRanges || received.touches(sequence)) return undefined;
  return {
    code: tooManyGaps,
    message: `sequence ${sequence} would make one gap more than are kept of a reporter; the missing ones come first`,
  };
}

function noteBlock(blocks: Map<number, { first: number; last: number }>, block: number, bin: number): void {
  const range = blocks.get(block);
  if (range === undefined) blocks.set(block, { first: bin, last: bin });
  else {
    if (bin < range.first) range.first = bin;
    if (bin > range.last) range.last = bin;
  }
}
