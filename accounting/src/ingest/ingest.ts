import type { ReportAnswer } from '@fairhop/shared/contract';
import { type Clock, openDatabase } from '@fairhop/shared/service';
import type { CheckedBatch, CheckedMessage } from '../ledger/event.js';
import type { PathResolver } from '../paths/path-resolver.js';
import { checkBatch, rejected, type SingleMessage } from './check-batch.js';
import type { KeyLookup } from './coordinator-keys.js';
import { createGrantVerifier } from './grant-verifier.js';
import { createPartRanges, partRangesMigrations } from './part-ranges.js';
import { createReceiptReader } from './receipts.js';
import { isRejection } from './rejection.js';
import type { LooseBatch } from './report-body.js';
import type { Reporter } from './reporter.js';

export interface IngestDependencies {
  readonly keyOf: KeyLookup;
  readonly clock: Clock;
  /** The resolver of now; another after the AS graph was loaded anew. */
  readonly resolver: () => PathResolver;
  /** Books a checked batch in one transaction; when it returns it is on disk. */
  readonly bookChecked: (batch: CheckedBatch) => ReportAnswer;
}

export interface Ingest {
  /** Checks and books; the answer tells what is on disk. */
  book(batch: LooseBatch, reporter: Reporter): Promise<ReportAnswer>;
  close(): void;
}

/** From what reporters sent to what the ledger books. `file` is the SQLite file of the parts accepted so far. */
export function createIngest(file: string, dependencies: IngestDependencies): Ingest {
  const database = openDatabase(file, partRangesMigrations, { synchronous: 'FULL' });
  const ranges = createPartRanges(database);
  const grants = createGrantVerifier(dependencies.keyOf);
  const receipts = createReceiptReader();

  const claim = ({ message, part }: SingleMessage): CheckedMessage => {
    if (part === undefined) return message;
    try {
      ranges.claim(part);
      return message;
    } catch (error) {
      if (!isRejection(error)) throw error;
      return rejected(message.sequence, error);
    }
  };
  const claimAll = database.transaction((messages: readonly SingleMessage[]) => messages.map(claim));
  return {
    async book(batch, reporter) {
      const nowMs = dependencies.clock.nowMs();
      const resolver = dependencies.resolver();
      const checked = await checkBatch(batch, reporter, nowMs, { grants, receipts, resolver });
      // Claims are on disk before the bookings that rest on them. A crash in between leaves claims without bookings, and the
      // same part sent again, as it is not yet answered, is booked then.
      const messages = claimAll.immediate(checked);
      const { incarnation } = batch;
      return dependencies.bookChecked({ reporter: reporter.key, incarnation, messages });
    },
    close: () => database.close(),
  };
}
