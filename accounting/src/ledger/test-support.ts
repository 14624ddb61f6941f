import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  asId,
  BIN_MS,
  type ElementSource,
  ispComponentId,
  linkId,
  type PathElement,
} from '@fairhop/shared/model';
import { createManualClock } from '@fairhop/shared/service';
import type { TermsOf } from '../matching/terms.js';
import type {
  CheckedBatch,
  CheckedMessage,
  Completion,
  ResolvedPath,
  SignedWord,
  SignedWords,
  TransferEvent,
} from './event.js';
import { createLedger, type Ledger } from './ledger.js';
import { type EndPlaces, pathIdOf } from './path-id.js';

export const START_MS = Date.UTC(2026, 10, 20, 18, 0);
const INCARNATION = '0b4e7a52-3d5c-4f6e-9a51-6d2f0c8b7e10';

export const uuid = (number: number): string =>
  `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
export const contentId = (name: string): string => createHash('sha256').update(name).digest('hex');

const known = (component: string, source: ElementSource): PathElement => ({
  component,
  source,
  confidence: source === 'inferred' ? 50 : 100,
  billable: true,
});

/** With `within`, what is inside or beside an AS or link, by its component. */
export function pathOf(
  asPath: readonly number[],
  ispOf: (asn: number) => string | null,
  within: Readonly<Record<string, readonly PathElement[]>> = {},
  places: EndPlaces = {},
): ResolvedPath {
  const isps = asPath.map(ispOf);
  const ways = asPath.flatMap((asn, index) =>
    index === 0 ? [asId(asn)] : [linkId(asPath[index - 1]!, asn), asId(asn)],
  );
  const source = asPath.length === 1 ? 'operator' : 'inferred';
  const elements = [
    ...ways.flatMap((component) => [known(component, source), ...(within[component] ?? [])]),
    ...[...new Set(isps.filter((isp) => isp !== null))].map((isp) => known(ispComponentId(isp), 'operator')),
    ...(within['end'] ?? []),
  ];
  return { id: pathIdOf(elements, isps, places), asPath, isps, elements, ...places };
}

/** `sp1` has AS 64501, `sp2` AS 64502, and so on. */
export const spOf = (asn: number): string => `sp${asn - 64_500}`;

/** An event from SP1 to SP2. */
export function event(changes: Partial<TransferEvent> = {}): TransferEvent {
  const binMs = changes.binMs ?? START_MS;
  return {
    transferId: uuid(1),
    binMs,
    part: 0,
    kind: 'client-to-client',
    source: 'host:uploader',
    sourceAddress: '127.1.0.5',
    sourceAs: 64_501,
    sourceIsp: 'sp1',
    destination: 'host:downloader',
    destinationAddress: '127.2.0.9',
    destinationAs: 64_502,
    destinationIsp: 'sp2',
    contentId: contentId('film'),
    title: 'moviestudio/film.mp4',
    owner: 'moviestudio',
    category: 'video',
    sizeBytes: 1_000,
    bytes: 1_000,
    startMs: binMs,
    endMs: binMs + BIN_MS,
    maxRateBitsPerSecond: 8_000,
    path: pathOf([64_501, 64_502], spOf),
    ...changes,
  };
}

export const eventsMessage = (sequence: number, ...events: TransferEvent[]): CheckedMessage => ({
  sequence,
  outcome: 'events',
  events,
});

/** A row between agents as its receipt tells it: `agent:x` reports what it got from the source. */
export const peerMessage = (sequence: number, ...events: TransferEvent[]): CheckedMessage => ({
  sequence,
  outcome: 'events',
  events,
  signed: signedWords(events[0]!, [
    wordOf('downloader', 'downloader', events.at(-1)!.fromBytes! + events.at(-1)!.bytes),
  ]),
});

interface Said {
  readonly sentBytes: number;
  /** The downloader's receipt that it shows. */
  readonly receiptBytes?: number;
  readonly isLast?: boolean;
}

/** What the source of an event states. */
export const statementMessage = (
  sequence: number,
  about: TransferEvent,
  { sentBytes, receiptBytes, isLast = false }: Said,
): CheckedMessage => ({
  sequence,
  outcome: 'statement',
  signed: signedWords(about, [
    wordOf('uploader', 'uploader', sentBytes, isLast),
    ...(receiptBytes === undefined ? [] : [wordOf('downloader', 'uploader', receiptBytes)]),
  ]),
});

const GRANTED_BYTES = 2_000_000;

const signedWords = (
  { transferId, source, destination }: TransferEvent,
  words: readonly SignedWord[],
): SignedWords => ({
  transfer: {
    transferId,
    uploader: source.slice('host:'.length),
    downloader: destination.slice('host:'.length),
    maxBytes: GRANTED_BYTES,
    expiresMs: START_MS + 3_600_000,
  },
  grant: 'grant',
  words,
});

/** Words of a chain without gaps that matter: as many as bytes, so that any two fit together. */
function wordOf(
  signer: SignedWord['signer'],
  teller: SignedWord['teller'],
  bytes: number,
  isLast = false,
): SignedWord {
  const digest = createHash('sha256').update(`${signer} ${bytes}`).digest('hex');
  const sequence = 2 * bytes;
  return {
    signer,
    teller,
    link: { sequence, digest, previousDigest: '00'.repeat(32), bytes, timeMs: START_MS + sequence },
    isLast,
    raw: signer === 'uploader' ? JSON.stringify({ sentBytes: bytes }) : `receipt-${bytes}`,
  };
}

/** The host of `event` has the whole of its content. */
export const completionMessage = (sequence: number, changes: Partial<Completion> = {}): CheckedMessage => ({
  sequence,
  outcome: 'completion',
  completion: {
    host: 'host:downloader',
    contentId: contentId('film'),
    title: 'moviestudio/film.mp4',
    sizeBytes: 1_000,
    timeMs: START_MS,
    ...changes,
  },
});

export const batch = (messages: readonly CheckedMessage[], reporter = 'reporter'): CheckedBatch => ({
  reporter,
  incarnation: INCARNATION,
  messages,
});

export interface TestLedger {
  readonly ledger: Ledger;
  readonly file: string;
  remove(): Promise<void>;
}

/** `prepare` may write the file before it is opened. */
export async function openTestLedger(
  prepare?: (file: string) => void,
  termsOf?: TermsOf,
): Promise<TestLedger> {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-ledger-'));
  const file = join(directory, 'ledger.db');
  prepare?.(file);
  const ledger = createLedger({
    file,
    clock: createManualClock(START_MS + 600_000),
    ...(termsOf && { termsOf }),
  });
  await ledger.start();
  const remove = async (): Promise<void> => {
    await ledger.stop();
    rmSync(directory, { recursive: true });
  };
  return { ledger, file, remove };
}
