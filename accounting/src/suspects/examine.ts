import type { Contradiction } from '@fairhop/shared/contract';
import {
  checkAccessRate,
  checkContradiction,
  checkForged,
  checkGrantRate,
  checkGrantUse,
  checkOverlaps,
  checkPlaces,
  checkRepeats,
  checkSentAhead,
  checkSharedAddress,
  checkUnsharedDemand,
  checkVolume,
  type Finding,
  isForged,
  type Span,
  type Thresholds,
} from '../plausibility/index.js';
import { differenceOf } from './differences.js';
import type { Observations } from './observations.js';
import type { LedgerReading, LedgerRow } from './read-ledger.js';

/** Of one turn: some ten milliseconds, then reports get theirs. */
const ROWS_PER_TURN = 100;
/** A ledger that was there before is looked at from here on back; all of it would take hours. */
const FIRST_ROWS = 100_000;
/** Parts are cut after a minute; a row that began so long before is over. */
const LONGEST_ROW_MS = 10 * 60_000;
/** Of one agent, about an hour of sixteen transfers with parts as small as accounting takes them. */
const AGENT_ROWS = 15_000;
/** One address that meets others shows it soon. */
const SAMPLE_SPANS = 16;
const ADDRESS_SPANS = 500;
const ADDRESS_WINDOW_MS = 86_400_000;
/** An address is looked at closely again once it has so many more rows, a tenth; of as many addresses that is remembered. */
const MORE_ROWS = 0.1;
const REMEMBERED_ADDRESSES = 10_000;
/** A content is repeated that came half as often again. */
const REPEATED = 1.5;

export interface ExamineDependencies {
  readonly ledger: LedgerReading;
  readonly contradictions: (afterId: number, limit: number) => Contradiction[];
  readonly observations: Observations;
  readonly thresholds: Thresholds;
  /** What was before is over: the agent was released then. 0 where it never was. */
  readonly releasedMs: (agent: string) => number;
  readonly found: (agent: string, finding: Finding) => void;
}

interface Range {
  fromMs: number;
  toMs: number;
  rows: number;
}

const widen = (ranges: Map<string, Range>, key: string, { startMs, endMs }: LedgerRow): void => {
  const range = ranges.get(key);
  if (range === undefined) ranges.set(key, { fromMs: startMs, toMs: endMs, rows: 1 });
  else {
    range.fromMs = Math.min(range.fromMs, startMs);
    range.toMs = Math.max(range.toMs, endMs);
    range.rows += 1;
  }
};

/** Takes up what the ledger booked since, and checks it; within the caller's transaction. True when there may be more. */
export function createExaminer({
  ledger,
  contradictions,
  observations,
  thresholds,
  releasedMs,
  found,
}: ExamineDependencies): () => boolean {
  const isCounted = (agent: string, timeMs: number): boolean => timeMs > releasedMs(agent);
  const after = (name: 'events' | 'signed_words' | 'rejections'): number =>
    observations.cursor(name) ?? Math.max(0, ledger.lastId(name) - FIRST_ROWS);

  const examineRow = (row: LedgerRow): void => {
    const { downloader, downloaderAs } = row;
    if (!row.isPeer) observations.noteAccess(downloader, row.maxRateBitsPerSecond, row.downloaderAddress);
    if (!isCounted(downloader, row.endMs)) return;
    const received = observations.addReceived(row, thresholds.volumeWindowMs);
    if (!row.isPeer) return;
    observations.addSpan(row);
    observations.noteActivity(downloader, { reportedMs: row.endMs });
    report(downloader, checkVolume(received, thresholds));
    if (downloaderAs === null) return;
    const isRepeating = received.bytes > received.sizeBytes * REPEATED;
    if (!observations.noteRepeat(downloader, downloaderAs, isRepeating)) return;
    const { within, elsewhere } = observations.repeats(downloaderAs);
    report(downloader, checkRepeats(downloaderAs, within, elsewhere, thresholds));
  };
  const report = (agent: string, one: Finding | undefined): void => {
    if (one !== undefined) found(agent, one);
  };
  const examineRates = (transferId: string): void => {
    const rows = observations.rowsOf(transferId).filter((row) => isCounted(row.downloader, row.endMs));
    const [first] = rows;
    if (first === undefined) return;
    const { downloader } = first;
    report(downloader, checkGrantRate(rows, thresholds));
    report(downloader, checkAccessRate(rows, observations.accessRate(downloader), thresholds));
  };
  const examineAgent = (agent: string, { fromMs, toMs }: Range): void => {
    const ofAgent = ({ endMs }: Span): boolean => isCounted(agent, endMs);
    const stays = observations.staysOf(agent, fromMs, toMs, AGENT_ROWS).filter(ofAgent);
    report(agent, checkPlaces(agent, stays, thresholds));
    const uploads = observations.uploadsOf(agent, fromMs - LONGEST_ROW_MS, toMs).filter(ofAgent);
    report(agent, checkOverlaps(uploads, thresholds));
  };
  const looks = new Map<string, { readonly rows: number; since: number }>();
  const examineAddress = (address: string, { toMs, rows }: Range): void => {
    const before = looks.get(address);
    if (before !== undefined) {
      before.since += rows;
      if (before.since < before.rows * MORE_ROWS) return;
    }
    const fromMs = toMs - ADDRESS_WINDOW_MS;
    const opposite = new Set(
      observations
        .spansAt(address, fromMs, toMs, SAMPLE_SPANS)
        .map((span) => (span.uploaderAddress === address ? span.downloaderAddress : span.uploaderAddress)),
    );
    if (opposite.size !== 1) return;
    const at = observations.spansAt(address, fromMs, toMs, ADDRESS_SPANS);
    if (looks.size >= REMEMBERED_ADDRESSES) looks.clear();
    looks.set(address, { rows: at.length, since: 0 });
    const identities = new Set(
      at.map((span) => (span.uploaderAddress === address ? span.uploader : span.downloader)),
    );
    if (identities.size < thresholds.sharedAddressIdentities || identities.size > ADDRESS_SPANS) return;
    // Their rows from elsewhere too: who roams meets others there.
    const all = [...identities].flatMap((agent) => observations.staysOf(agent, fromMs, toMs, ADDRESS_SPANS));
    if (all.some((span) => identities.has(span.uploader) && span.uploaderAddress !== address)) return;
    if (all.some((span) => identities.has(span.downloader) && span.downloaderAddress !== address)) return;
    for (const [agent, one] of checkSharedAddress(address, all, thresholds)) report(agent, one);
  };
  const examineContent = (contentId: string, sizeBytes: number): void => {
    const demand = { contentId, sizeBytes, ...observations.demand(contentId) };
    for (const [agent, one] of checkUnsharedDemand(demand, thresholds)) report(agent, one);
  };
  const examineTransfer = (transferId: string): void => {
    const transfer = ledger.transfer(transferId);
    if (transfer === undefined) return;
    observations.putTransfer(transferId, transfer, differenceOf(transfer));
    const { uploader, downloader, grantedBytes, downloaderBytes, uploaderBytes, receiptBytes, lastMs } =
      transfer;
    if (isCounted(downloader, lastMs))
      report(downloader, checkGrantUse({ transferId, grantedBytes, signedBytes: downloaderBytes }));
    if (uploaderBytes === null || !isCounted(uploader, lastMs)) return;
    report(uploader, checkGrantUse({ transferId, grantedBytes, signedBytes: uploaderBytes }));
    const sent = { transferId, sentBytes: uploaderBytes, receiptBytes: receiptBytes ?? 0 };
    report(uploader, checkSentAhead(sent, thresholds));
  };

  const examineRows = (transfers: Set<string>): boolean => {
    const rows = ledger.rowsAfter(after('events'), ROWS_PER_TURN);
    const agents = new Map<string, Range>();
    const addresses = new Map<string, Range>();
    const contents = new Map<string, number>();
    const sent = new Set<string>();
    for (const row of rows) {
      if (!row.isDelivery) continue;
      examineRow(row);
      if (!row.isPeer) continue;
      sent.add(row.transferId);
      widen(agents, row.uploader, row);
      widen(agents, row.downloader, row);
      widen(addresses, row.uploaderAddress, row);
      widen(addresses, row.downloaderAddress, row);
      contents.set(row.contentId, row.sizeBytes);
    }
    for (const transferId of sent) {
      transfers.add(transferId);
      examineRates(transferId);
    }
    for (const [agent, range] of agents) examineAgent(agent, range);
    for (const [address, range] of addresses) examineAddress(address, range);
    for (const [contentId, sizeBytes] of contents) examineContent(contentId, sizeBytes);
    observations.setCursor('events', rows.at(-1)?.id ?? after('events'));
    return rows.length === ROWS_PER_TURN;
  };
  const examineWords = (transfers: Set<string>): boolean => {
    const words = ledger.wordsAfter(after('signed_words'), ROWS_PER_TURN);
    for (const { transferId, isUploader, timeMs } of words) {
      transfers.add(transferId);
      const transfer = ledger.transfer(transferId);
      if (transfer === undefined) continue;
      if (isUploader) observations.noteActivity(transfer.uploader, { statedMs: timeMs });
      else observations.noteActivity(transfer.downloader, { signedMs: timeMs });
    }
    observations.setCursor('signed_words', words.at(-1)?.id ?? after('signed_words'));
    return words.length === ROWS_PER_TURN;
  };
  const examineProofs = (): boolean => {
    const proofs = contradictions(observations.cursor('contradictions') ?? 0, ROWS_PER_TURN);
    for (const proof of proofs) found(proof.agent, checkContradiction(proof));
    const last = proofs.at(-1);
    if (last !== undefined) observations.setCursor('contradictions', last.id);
    return proofs.length === ROWS_PER_TURN;
  };
  const examineRefusals = (): boolean => {
    const refusals = ledger.refusalsAfter(after('rejections'), ROWS_PER_TURN);
    for (const { reporter, code, message, bookedMs } of refusals) {
      if (!isForged(code) || !isCounted(reporter, bookedMs)) continue;
      const { count, told } = observations.noteRefused(reporter, `${code}: ${message}`, bookedMs);
      report(reporter, checkForged(told, count, thresholds));
    }
    observations.setCursor('rejections', refusals.at(-1)?.id ?? after('rejections'));
    return refusals.length === ROWS_PER_TURN;
  };
  return () => {
    const transfers = new Set<string>();
    const isMore = [examineRows(transfers), examineWords(transfers), examineProofs(), examineRefusals()];
    for (const transferId of transfers) examineTransfer(transferId);
    return isMore.includes(true);
  };
}
