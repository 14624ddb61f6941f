import type { ReportAnswer } from '@fairhop/shared/contract';
import type { Clock } from '@fairhop/shared/service';
import type { CheckedBatch } from '../ledger/event.js';
import type { PathResolver } from '../paths/path-resolver.js';
import { checkBatch } from './check-batch.js';
import type { KeyLookup } from './coordinator-keys.js';
import { createGrantVerifier } from './grant-verifier.js';
import { createReceiptReader } from './receipts.js';
import type { LooseBatch } from './report-body.js';
import type { Reporter } from './reporter.js';

export interface IngestDependencies {
  readonly keyOf: KeyLookup;
  /** Whose grants count. */
  readonly coordinatorId: string;
  readonly clock: Clock;
  /** The resolver of now; another after the AS graph was loaded anew. */
  readonly resolver: () => PathResolver;
  /** Keeps the traces of a batch before its paths are resolved. */
  readonly keepTraces: (batch: CheckedBatch) => void;
  /** Books a checked batch in one transaction; when it returns it is on disk. */
  readonly bookChecked: (batch: CheckedBatch) => ReportAnswer;
}

/** Checks a batch and books it: from what reporters sent to what the ledger books. The answer tells what is on disk. */
export function createIngest({
  keyOf,
  coordinatorId,
  clock,
  resolver,
  keepTraces,
  bookChecked,
}: IngestDependencies): (batch: LooseBatch, reporter: Reporter) => Promise<ReportAnswer> {
  const grants = createGrantVerifier(keyOf, coordinatorId);
  const receipts = createReceiptReader();
  return async (batch, reporter) => {
    const ofReporter = { reporter: reporter.key, incarnation: batch.incarnation };
    const messages = await checkBatch(batch, reporter, clock.nowMs(), {
      ...{ grants, receipts, resolver: resolver() },
      keepTraces: (evidence) => keepTraces({ ...ofReporter, messages: evidence }),
    });
    return bookChecked({ ...ofReporter, messages });
  };
}
