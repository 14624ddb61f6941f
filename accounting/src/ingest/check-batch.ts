import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FairhopError } from '@fairhop/shared/model';
import type { CheckedMessage } from '../ledger/event.js';
import type { PathResolver } from '../paths/path-resolver.js';
import type { PeerTransferDependencies } from './check-peer-transfer.js';
import { checkRecord, type RecordDependencies } from './check-record.js';
import { eventsOf } from './proven-part.js';
import { isRejection } from './rejection.js';
import { type LooseBatch, parseRecord } from './report-body.js';
import type { Reporter } from './reporter.js';

/** Signatures of so many messages take about 20 ms; then other requests get their turn. */
const MESSAGES_PER_TURN = 64;

/** Messages may repeat what was sent; 5,000 answers of this length are an answer of some megabytes. */
const MAX_REASON_CHARACTERS = 500;

const rejected = (sequence: number, { code, message }: FairhopError): CheckedMessage => ({
  sequence,
  outcome: 'rejected',
  code,
  message: message.slice(0, MAX_REASON_CHARACTERS),
});

/** Checks each message on its own and resolves paths. Throws only what is not a message's fault. */
export async function checkBatch(
  batch: LooseBatch,
  reporter: Reporter,
  nowMs: number,
  stated: PeerTransferDependencies & { readonly resolver: PathResolver },
): Promise<CheckedMessage[]> {
  const dependencies = { ...stated, asnOf: stated.resolver.asnOf };
  const checked: CheckedMessage[] = [];
  for (const [index, { sequence, record }] of batch.messages.entries()) {
    if (index > 0 && index % MESSAGES_PER_TURN === 0) await nextTurn();
    try {
      checked.push(await checkMessage(sequence, record, reporter, nowMs, dependencies));
    } catch (error) {
      if (!isRejection(error)) throw error;
      checked.push(rejected(sequence, error));
    }
  }
  return checked;
}

async function checkMessage(
  sequence: number,
  record: unknown,
  reporter: Reporter,
  nowMs: number,
  dependencies: RecordDependencies & { readonly resolver: PathResolver },
): Promise<CheckedMessage> {
  const checked = await checkRecord(parseRecord(record), reporter, nowMs, dependencies);
  switch (checked.kind) {
    case 'part':
      return { sequence, outcome: 'events', ...(await eventsOf(checked.part, dependencies.resolver)) };
    case 'completion':
      return { sequence, outcome: 'completion', completion: checked.completion };
    case 'statement': {
      const { transferId, statement } = checked;
      return { sequence, outcome: 'statement', transferId, statement };
    }
    case 'evidence':
      return { sequence, outcome: 'evidence', ...checked.evidence };
  }
}
