import { readFile } from 'node:fs/promises';
import { MAX_PUBLISHED_KEYS } from '@fairhop/shared/contract';
import { createIdentity, type Identity, loadOrCreateIdentity, replaceIdentity } from '@fairhop/shared/crypto';
import { FairhopError, type PublicKey, publicKeySchema, timeMsSchema } from '@fairhop/shared/model';
import { type Clock, errorCode, writeFileAtomic } from '@fairhop/shared/service';
import { z } from 'zod';
import { createListeners } from './listeners.js';

/** A key that signs no more, and until when what it signed is still to be verified. */
interface RetiredKey {
  readonly publicKey: PublicKey;
  readonly retiredMs: number;
  readonly publishedUntilMs: number;
}

/** The coordinator's key and those that went before it. */
export interface SigningKeys {
  /** Signs with the key in use: another one after `rotate`. */
  readonly identity: Identity;
  /** The key in use first, then those before it whose tokens are not over. */
  published(): readonly PublicKey[];
  retired(): readonly RetiredKey[];
  /**
   * From now on another key signs. Tokens of the one before stay good until they expire, unless `revokeOld`: then all keys before are
   * believed no more, for one that was stolen. Throws `too-many-signing-keys` (409).
   */
  rotate(options: { readonly revokeOld: boolean }): Promise<void>;
  /** Calls back once another set of keys is published, before anything is signed with the new one. Gives what ends it. */
  onChange(listener: () => void): () => void;
}

/** Reports may be 93 days late and bring their grants; a grant and an edge URL are good for less than the day that is left. */
const PUBLISHED_MS = 94 * 24 * 3_600_000;
/** More in three months is a script that rotates on every run. */
const MAX_RETIRED = MAX_PUBLISHED_KEYS - 1;

const retiredSchema = z
  .array(z.strictObject({ publicKey: publicKeySchema, retiredMs: timeMsSchema }))
  .max(MAX_RETIRED);

export interface SigningKeyFiles {
  /** Private key in use. */
  readonly identityFile: string;
  /** Public keys before it. */
  readonly retiredFile: string;
}

/** Throws what `loadOrCreateIdentity` throws, and `retired-keys-invalid`. */
export async function openSigningKeys(files: SigningKeyFiles, clock: Clock): Promise<SigningKeys> {
  let current = await loadOrCreateIdentity(files.identityFile);
  let retired = (await readRetired(files.retiredFile)).filter(
    // A crash in the middle of a rotation leaves the key that is in use in the list.
    ({ publicKey }) => publicKey !== current.key,
  );
  let turn: Promise<void> = Promise.resolve();
  const listeners = createListeners<void>();
  const stillPublished = () => retired.filter(({ retiredMs }) => retiredMs + PUBLISHED_MS > clock.nowMs());

  const rotate = async (revokeOld: boolean): Promise<void> => {
    const next = createIdentity();
    const left = revokeOld ? [] : [{ publicKey: current.key, retiredMs: clock.nowMs() }, ...stillPublished()];
    if (left.length > MAX_RETIRED) {
      const message = `${MAX_RETIRED} keys were retired in the last 94 days and are still needed, which is the most; wait, or revoke them`;
      throw new FairhopError('too-many-signing-keys', message, { status: 409 });
    }
    // In this order no crash leaves a key that signed something and is not published.
    if (!revokeOld) await writeFileAtomic(files.retiredFile, `${JSON.stringify(left)}\n`);
    await replaceIdentity(files.identityFile, next);
    if (revokeOld) await writeFileAtomic(files.retiredFile, '[]\n');
    current = next;
    retired = left;
    listeners.tell();
  };

  return {
    // What holds it signs with the key in use at that moment.
    identity: {
      get key() {
        return current.key;
      },
      get privateKey() {
        return current.privateKey;
      },
      sign: (bytes) => current.sign(bytes),
      toPem: () => current.toPem(),
    },
    published: () => [current.key, ...stillPublished().map(({ publicKey }) => publicKey)],
    retired: () =>
      stillPublished().map((key) => ({ ...key, publishedUntilMs: key.retiredMs + PUBLISHED_MS })),
    rotate({ revokeOld }) {
      const mine = turn.then(() => rotate(revokeOld));
      turn = mine.catch(() => undefined);
      return mine;
    },
    onChange: (listener) => listeners.add(listener),
  };
}

async function readRetired(file: string): Promise<z.output<typeof retiredSchema>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
  try {
    return retiredSchema.parse(JSON.parse(text));
  } catch (cause) {
    const message = `${file} is not the list of retired keys that this coordinator wrote; restore it, or remove it if no report of the last 94 days is still to come`;
    throw new FairhopError('retired-keys-invalid', message, { cause });
  }
}
