import { randomBytes } from 'node:crypto';
import { FairhopError } from '@fairhop/shared/model';
import { hash, verify } from '@node-rs/argon2';

export interface Passwords {
  hash(password: string): Promise<string>;
  /** Whether it is the password of a hash; without a hash it takes as long, and is false. */
  matches(password: string, hash: string | null): Promise<boolean>;
}

/**
 * The least that OWASP's Password Storage Cheat Sheet recommends for Argon2id (RFC 9106): 19 MiB, two passes, one lane. The library
 * hashes by Argon2id unless told otherwise.
 */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** At a time, in threads that file access needs too; 19 MiB each. */
const MAX_HASHING = 2;
/** A second or two to wait for, at some 30 ms each; beyond it is a flood. */
const MAX_WAITING = 64;

/** Passwords by Argon2id, few at a time. Both functions throw `logins-busy` (503) when too many wait. */
export function createPasswords(): Passwords {
  let running = 0;
  const waiting: (() => void)[] = [];
  let decoy: Promise<string> | undefined;

  const inTurn = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (running >= MAX_HASHING) {
      if (waiting.length >= MAX_WAITING) {
        const message = `${MAX_WAITING} passwords wait to be checked already; try again in some seconds`;
        throw new FairhopError('logins-busy', message, { status: 503 });
      }
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
    } else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // Its place goes on to who waits the longest.
      if (next === undefined) running -= 1;
      else next();
    }
  };
  return {
    hash: (password) => inTurn(() => hash(normalPassword(password), ARGON2ID)),
    matches: (password, stored) =>
      inTurn(async () => {
        decoy ??= hash(randomBytes(32).toString('base64url'), ARGON2ID);
        const isRight = await verify(stored ?? (await decoy), normalPassword(password));
        return stored !== null && isRight;
      }),
  };
}

/** The same characters in another spelling are the same password (NIST SP 800-63B). */
export const normalPassword = (password: string): string => password.normalize('NFKC');
