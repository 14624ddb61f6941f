import type { Contradiction } from '@fairhop/shared/contract';
import { type ChainLink, contradicts } from '@fairhop/shared/crypto';
import type { AgentKey, TransferId } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import type { SignedTransfer, SignedWord, SignedWords } from './event.js';
import type { Refusal } from './refusal.js';
import { transferIdBytes, transferIdText } from './transfer-id.js';

/** The last word of one end about a transfer. */
export interface SignedHead {
  readonly sequence: number;
  /** Cumulative: sent by an uploader's statement, verified by a downloader's receipt. */
  readonly bytes: number;
  readonly digest: string;
  readonly timeMs: number;
  /** Its signer says that nothing follows. */
  readonly isLast: boolean;
  readonly bookedMs: number;
  /** A receipt in base64url; a statement in JSON, without its grant. */
  readonly raw: string;
}

/** How far both ends' words about a transfer go. */
export interface TransferHeads extends SignedTransfer {
  /** The uploader's statement. */
  readonly stated: SignedHead | null;
  /** The downloader's receipt: the one that it reported, and the one that the uploader shows. */
  readonly reported: SignedHead | null;
  readonly shown: SignedHead | null;
}

export interface SignedWordStore {
  /**
   * Within the caller's transaction: holds what came against all that its signers said before. A refusal is for a teller whose own
   * word contradicts what it signed before; either way the contradiction is kept.
   */
  note(
    signed: SignedWords,
    bookedMs: number,
    keepsNew: boolean,
  ): { readonly isNew: boolean; readonly refusal?: Refusal };
  /** Undefined for a transfer of which no end said anything that is signed. */
  heads(transferId: TransferId): TransferHeads | undefined;
  /** In the order in which they were found, after an id. */
  contradictions(afterId: number, limit: number, agent?: AgentKey): Contradiction[];
}

/** One is a proof; of more only these few are kept of one agent, transfer and kind. */
const KEPT_CONTRADICTIONS = 4;

interface WordRow {
  readonly id: number;
  readonly sequence: number;
  readonly digest: Buffer;
  readonly previous_digest: Buffer;
  readonly bytes: number;
  readonly time_ms: number;
  readonly is_last: number;
  readonly by_uploader: number;
  readonly by_downloader: number;
  readonly booked_ms: number;
  readonly word: string;
}

type Key = [transferId: Buffer, isUploader: number];

export function createSignedWords(database: Database): SignedWordStore {
  const insertTransfer = database.prepare(
    'INSERT INTO signed_transfers VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const selectTransfer = database.prepare<[Buffer], SignedTransfer>(
    `SELECT uploader, downloader, max_bytes AS maxBytes, expires_ms AS expiresMs
     FROM signed_transfers WHERE transfer_id = ?`,
  );
  const insertWord = database.prepare(
    `INSERT INTO signed_words (transfer_id, is_uploader, sequence, digest, previous_digest, bytes, time_ms, is_last, by_uploader,
       by_downloader, booked_ms, word) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const setTeller = {
    uploader: database.prepare('UPDATE signed_words SET by_uploader = 1 WHERE id = ?'),
    downloader: database.prepare('UPDATE signed_words SET by_downloader = 1 WHERE id = ?'),
  };
  const ofSigner = 'SELECT * FROM signed_words WHERE transfer_id = ? AND is_uploader = ?';
  const atOrBefore = database.prepare<[...Key, number], WordRow>(
    `${ofSigner} AND sequence <= ? ORDER BY sequence DESC LIMIT 1`,
  );
  const after = database.prepare<[...Key, number], WordRow>(
    `${ofSigner} AND sequence > ? ORDER BY sequence LIMIT 1`,
  );
  const head = {
    uploader: database.prepare<Key, WordRow>(`${ofSigner} AND by_uploader ORDER BY sequence DESC LIMIT 1`),
    downloader: database.prepare<Key, WordRow>(
      `${ofSigner} AND by_downloader ORDER BY sequence DESC LIMIT 1`,
    ),
  };
  const insertContradiction = database.prepare(
    'INSERT INTO contradictions (agent, transfer_id, kind, first, second, found_ms) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const selectProofs = database
    .prepare<[string, Buffer, string], string>(
      'SELECT second FROM contradictions WHERE agent = ? AND transfer_id = ? AND kind = ?',
    )
    .pluck();
  const columns = `SELECT id, agent, transfer_id, kind, first, second, found_ms FROM contradictions`;
  type ContradictionRow = Record<'agent' | 'kind' | 'first' | 'second', string> &
    Record<'id' | 'found_ms', number> & { transfer_id: Buffer };
  const selectAfter = database.prepare<[number, number], ContradictionRow>(
    `${columns} WHERE id > ? ORDER BY id LIMIT ?`,
  );
  const selectOfAgent = database.prepare<[string, number, number], ContradictionRow>(
    `${columns} WHERE agent = ? AND id > ? ORDER BY id LIMIT ?`,
  );

  /** What a word that is kept and a new one prove, if anything. Words that are kept fit each other, so its neighbours tell. */
  const findContradiction = (
    key: Key,
    { link }: SignedWord,
  ): { row?: WordRow; kind?: string; known?: WordRow } => {
    const before = atOrBefore.get(...key, link.sequence);
    const neighbours =
      before?.sequence === link.sequence ? [before] : [before, after.get(...key, link.sequence)];
    for (const row of neighbours) {
      const kind = row && contradicts(linkOf(row), link);
      if (row && kind) return { row, kind };
    }
    return before?.sequence === link.sequence ? { known: before } : {};
  };

  return {
    note({ transfer, grant, words }, bookedMs, keepsNew) {
      const { transferId, uploader, downloader, maxBytes, expiresMs, rateBitsPerSecond } = transfer;
      const id = transferIdBytes(transferId);
      let isNew = false;
      let refusal: Refusal | undefined;
      for (const word of words) {
        const { signer, teller, link, isLast, raw } = word;
        const key: Key = [id, signer === 'uploader' ? 1 : 0];
        const { row, kind, known } = findContradiction(key, word);
        if (row !== undefined && kind !== undefined) {
          const [agent, name] = signer === 'uploader' ? [uploader, 'statement'] : [downloader, 'receipt'];
          const told = `${name}-${kind}`;
          const proofs = selectProofs.all(agent, id, told);
          const [first, second] = [row.word, raw].map((one) => evidenceOf(signer, one, grant));
          if (proofs.length < KEPT_CONTRADICTIONS && !proofs.includes(second!))
            insertContradiction.run(agent, id, told, first, second, bookedMs);
          if (signer === teller) refusal ??= contradicted(name, row, link);
          continue;
        }
        if (known !== undefined) {
          const wasTold = teller === 'uploader' ? known.by_uploader : known.by_downloader;
          if (!wasTold && keepsNew) setTeller[teller].run(known.id);
          isNew ||= !wasTold;
          continue;
        }
        isNew = true;
        if (!keepsNew || refusal !== undefined) continue;
        insertTransfer.run(id, uploader, downloader, maxBytes, expiresMs, rateBitsPerSecond ?? null);
        insertWord.run(
          ...[
            ...key,
            link.sequence,
            Buffer.from(link.digest, 'hex'),
            Buffer.from(link.previousDigest, 'hex'),
          ],
          ...[link.bytes, link.timeMs, isLast ? 1 : 0, teller === 'uploader' ? 1 : 0],
          ...[teller === 'downloader' ? 1 : 0, bookedMs, raw],
        );
      }
      return { isNew, ...(refusal && { refusal }) };
    },
    heads(transferId) {
      const id = transferIdBytes(transferId);
      const transfer = selectTransfer.get(id);
      return (
        transfer && {
          ...transfer,
          transferId: transferIdText(id),
          stated: headOf(head.uploader.get(id, 1)),
          reported: headOf(head.downloader.get(id, 0)),
          shown: headOf(head.uploader.get(id, 0)),
        }
      );
    },
    contradictions: (afterId, limit, agent) =>
      (agent === undefined ? selectAfter.all(afterId, limit) : selectOfAgent.all(agent, afterId, limit)).map(
        ({ id, agent: of, transfer_id, kind, first, second, found_ms }) => ({
          id,
          agent: of,
          transferId: transferIdText(transfer_id),
          kind,
          statements: [first, second],
          foundMs: found_ms,
        }),
      ),
  };
}

const linkOf = (row: WordRow): ChainLink => ({
  sequence: row.sequence,
  digest: row.digest.toString('hex'),
  previousDigest: row.previous_digest.toString('hex'),
  bytes: row.bytes,
  timeMs: row.time_ms,
});

const headOf = (row: WordRow | undefined): SignedHead | null =>
  row === undefined
    ? null
    : {
        sequence: row.sequence,
        bytes: row.bytes,
        digest: row.digest.toString('hex'),
        timeMs: row.time_ms,
        isLast: row.is_last === 1,
        bookedMs: row.booked_ms,
        raw: row.word,
      };

/** With the grant, whose signature tells what the word is of, it is checked without us. */
const evidenceOf = (signer: SignedWord['signer'], raw: string, grant: string): string =>
  JSON.stringify(signer === 'uploader' ? { ...JSON.parse(raw), grant } : { receipt: raw, grant });

const contradicted = (name: string, row: WordRow, link: ChainLink): Refusal => ({
  code: `${name}-contradicts`,
  message:
    `${name} ${link.sequence} of ${link.bytes} bytes and ${name} ${row.sequence} of ${row.bytes} bytes, by the same signer, ` +
    'cannot both be true; it is kept as evidence',
});
