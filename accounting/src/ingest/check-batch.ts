import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FairhopError } from '@fairhop/shared/model';
import type { CheckedMessage, SignedWords } from '../ledger/event.js';
import type { PathResolver } from '../paths/path-resolver.js';
import type { PeerTransferDependencies } from './check-peer-transfer.js';
import { checkRecord, type RecordDependencies } from './check-record.js';
import { eventsOf, type ProvenPart } from './proven-part.js';
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

interface Part {
  readonly sequence: number;
  readonly outcome: 'part';
  readonly part: ProvenPart;
  readonly signed?: SignedWords;
}

interface BatchDependencies extends PeerTransferDependencies {
  readonly resolver: PathResolver;
  /** Keeps traces before paths are resolved. */
  readonly keepTraces: (evidence: readonly CheckedMessage[]) => void;
}

/**
 * Checks each message on its own, keeps what traces it brings, then resolves paths: which of a batch's messages comes first makes no
 * difference. Throws only what is not a message's fault.
 */
export async function checkBatch(
  batch: LooseBatch,
  reporter: Reporter,
  nowMs: number,
  { resolver, keepTraces, ...stated }: BatchDependencies,
): Promise<CheckedMessage[]> {
  const dependencies = { ...stated, asnOf: resolver.asnOf };
  const checked = await inTurns(batch.messages, async ({ sequence, record }) => {
    try {
      return await checkMessage(sequence, record, reporter, nowMs, dependencies);
    } catch (error) {
      if (!isRejection(error)) throw error;
      return rejected(sequence, error);
    }
  });
  const evidence = checked.filter((message) => message.outcome === 'evidence');
  if (evidence.length > 0) keepTraces(evidence);
  return inTurns(checked, async (message): Promise<CheckedMessage> => {
    if (message.outcome !== 'part') return message;
    const { sequence, part, signed } = message;
    return { sequence, outcome: 'events', ...(await eventsOf(part, resolver)), ...(signed && { signed }) };
  });
}

async function inTurns<From, To>(all: readonly From[], work: (one: From) => Promise<To>): Promise<To[]> {
  const done: To[] = [];
  for (const [index, one] of all.entries()) {
    if (index > 0 && index % MESSAGES_PER_TURN === 0) await nextTurn();
    done.push(await work(one));
  }
  return done;
}

async function checkMessage(
  sequence: number,
  record: unknown,
  reporter: Reporter,
  nowMs: number,
  dependencies: RecordDependencies,
): Promise<CheckedMessage | Part> {
  const checked = await checkRecord(parseRecord(record), reporter, nowMs, dependencies);
  switch (checked.kind) {
    case 'part': {
      const { part, signed } = checked;
      return { sequence, outcome: 'part', part, ...(signed && { signed }) };
    }
    case 'completion':
      return { sequence, outcome: 'completion', completion: checked.completion };
    case 'statement':
      return { sequence, outcome: 'statement', signed: checked.signed };
    case 'evidence':
      return { sequence, outcome: 'evidence', ...checked.evidence };
  }
}
