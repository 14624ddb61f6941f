import { decodeReceipt } from '@fairhop/shared/crypto';
import {
  type GrantClaims,
  hostId,
  type PublicKey,
  type ReportRecord,
  type TransferKind,
} from '@fairhop/shared/model';
import { BIN_MS } from './calendar.js';
import { asnOf, type Routes } from './network.js';

/** Bytes of one part of a transfer in one bin on one way. */
export interface Row {
  readonly kind: TransferKind;
  readonly transferId: string;
  readonly binMs: number;
  readonly sourceAs: number | null;
  readonly destinationAs: number | null;
  readonly asPath: readonly number[] | null;
  readonly owner: string;
  readonly title: string;
  readonly category: string;
  readonly contentId: string;
  readonly destination: string;
  readonly bytes: number;
  /** Where they begin in their transfer between agents. */
  readonly fromBytes: number | undefined;
}

/** Of a host and content, when it was complete first. */
interface CompletedFile {
  readonly host: string;
  readonly owner: string;
  readonly title: string;
  readonly contentId: string;
  readonly sizeBytes: number;
  readonly timeMs: number;
}

interface Words {
  downloaderBytes: number;
  uploaderBytes: number;
  readonly grantedBytes: number;
}

/** What is to be booked of all that arrived, worked out from the messages alone, each time from the beginning. */
export interface Truth {
  readonly rows: readonly Row[];
  readonly completedFiles: readonly CompletedFile[];
  /** What of a row may be billed by what both ends have said so far. */
  billableBytes(row: Row): number;
  take(reporter: PublicKey, record: ReportRecord): void;
}

const bytesOf = (receipt: string | undefined): number =>
  receipt === undefined ? 0 : decodeReceipt(Buffer.from(receipt, 'base64url')).cumulativeBytes;

const claimsOf = (grant: string): GrantClaims =>
  JSON.parse(Buffer.from(grant.split('.')[1]!, 'base64url').toString()) as GrantClaims;

export function createTruth(routes: Routes): Truth {
  const rows: Row[] = [];
  const completedFiles = new Map<string, CompletedFile>();
  const words = new Map<string, Words>();
  const seen = new Set<string>();

  const wordsOf = ({ jti, maxBytes }: GrantClaims): Words => {
    const known = words.get(jti) ?? { downloaderBytes: 0, uploaderBytes: 0, grantedBytes: maxBytes };
    words.set(jti, known);
    return known;
  };
  /** Evenly over its time, to the byte: bytes until a time are rounded down. */
  const addPart = (
    common: Omit<Row, 'binMs' | 'asPath' | 'bytes'>,
    { bytes, startMs, endMs }: { bytes: number; startMs: number; endMs: number },
  ): void => {
    const { sourceAs, destinationAs } = common;
    const wayAt = (timeMs: number): readonly number[] | null =>
      sourceAs === null || destinationAs === null ? null : routes.asPathAt(sourceAs, destinationAs, timeMs);
    const until = (timeMs: number): number =>
      endMs === startMs
        ? bytes
        : Number((BigInt(bytes) * BigInt(timeMs - startMs)) / BigInt(endMs - startMs));
    let way = wayAt(startMs);
    let fromMs = startMs;
    let fromBytes = common.fromBytes;
    while (fromMs < endMs || fromMs === startMs) {
      const binEndMs = fromMs - (fromMs % BIN_MS) + BIN_MS;
      const cutMs = routes.changesMs.find(
        (changeMs) => changeMs > fromMs && changeMs < endMs && `${wayAt(changeMs)}` !== `${way}`,
      );
      const toMs = Math.min(binEndMs, endMs, cutMs ?? endMs);
      const share = until(toMs) - (fromMs === startMs ? 0 : until(fromMs));
      if (share > 0) rows.push({ ...common, binMs: binEndMs - BIN_MS, asPath: way, bytes: share, fromBytes });
      if (fromBytes !== undefined) fromBytes += share;
      if (toMs === endMs) return;
      fromMs = toMs;
      way = wayAt(fromMs);
    }
  };
  const takeOnce = (reporter: PublicKey, record: ReportRecord): void => {
    switch (record.type) {
      case 'peer-transfer': {
        const claims = claimsOf(record.grant);
        const [from, to] = [bytesOf(record.from), bytesOf(record.to)];
        const said = wordsOf(claims);
        said.downloaderBytes = Math.max(said.downloaderBytes, to);
        const seenAs = (address: string, asn: number | null | undefined): number | null =>
          asnOf(address) === asn ? asn : null;
        const { timeMs: endMs } = decodeReceipt(Buffer.from(record.to, 'base64url'));
        addPart(
          {
            ...{ kind: 'client-to-client', transferId: claims.jti },
            sourceAs: seenAs(record.uploaderAddress, claims.uploaderAsn),
            destinationAs: seenAs(record.downloaderAddress, claims.downloaderAsn),
            ...{ owner: claims.title.split('/')[0]!, title: claims.title, category: claims.category },
            ...{ contentId: claims.content, destination: hostId(claims.downloader), fromBytes: from },
          },
          { bytes: to - from, startMs: record.startMs, endMs },
        );
        break;
      }
      case 'edge-transfer':
        addPart(
          {
            ...{ kind: record.kind, transferId: record.transferId },
            sourceAs: asnOf(record.sourceAddress),
            destinationAs: asnOf(record.destinationAddress),
            ...{ owner: record.title.split('/')[0]!, title: record.title, category: record.category },
            ...{ contentId: record.content, destination: record.destination, fromBytes: undefined },
          },
          record,
        );
        break;
      case 'completion': {
        const key = `${reporter} ${record.content}`;
        const timeMs = Math.min(record.timeMs, completedFiles.get(key)?.timeMs ?? record.timeMs);
        completedFiles.set(key, {
          ...{ host: hostId(reporter), owner: record.title.split('/')[0]!, title: record.title },
          ...{ contentId: record.content, sizeBytes: record.sizeBytes, timeMs },
        });
        break;
      }
      case 'uploader-statement': {
        const said = wordsOf(claimsOf(record.grant));
        said.uploaderBytes = Math.max(said.uploaderBytes, record.sentBytes);
        break;
      }
      default:
        throw new Error(`this simulation has no ${record.type}`);
    }
  };
  return {
    rows,
    get completedFiles() {
      return [...completedFiles.values()];
    },
    billableBytes({ transferId, fromBytes, bytes }) {
      if (fromBytes === undefined) return bytes;
      const { downloaderBytes, uploaderBytes, grantedBytes } = words.get(transferId)!;
      const settledBytes = Math.min(downloaderBytes, uploaderBytes, grantedBytes);
      return Math.max(0, Math.min(settledBytes, fromBytes + bytes) - fromBytes);
    },
    take(reporter, record) {
      const text = JSON.stringify([reporter, record]);
      if (seen.has(text)) return;
      seen.add(text);
      takeOnce(reporter, record);
    },
  };
}
