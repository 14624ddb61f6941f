export type { BookResult } from './book.js';
export type {
  CheckedBatch,
  CheckedMessage,
  Completion,
  ResolvedPath,
  SignedTransfer,
  SignedWord,
  SignedWords,
  TraceRecord,
  TransferEvent,
} from './event.js';
export { type BookedListener, createLedger, type Ledger, type LedgerOptions } from './ledger.js';
export type { EventFilter } from './read-events.js';
export type { Rejection } from './rejections.js';
export type { Gap } from './reporters.js';
export { createScheduledRetention, type RetentionConfig } from './scheduled-retention.js';
export type { SignedHead, TransferHeads } from './signed-words.js';
export type { BookedTrace } from './traces.js';
