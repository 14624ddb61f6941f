import { createBoundedCache, FairhopError } from '@fairhop/shared/model';
import { clientPlace } from '@fairhop/shared/net';
import type { Clock } from '@fairhop/shared/service';

export interface LoginLimits {
  /**
   * Counts an attempt at accounts before it is looked at; which of them may be tried. Throws `too-many-logins` (429) where none may.
   */
  attempt(accounts: readonly string[], address: string): string[];
  /** Counts a login that begins at an identity provider. Throws as `attempt`. */
  beginElsewhere(address: string): void;
  /** It was the right password: the account’s attempts count no more. */
  succeeded(account: string): void;
}

const WINDOW_MS = 15 * 60_000;
/** Typing errors of a person; 2,000 guesses a day at a password of 12 characters or more find nothing. */
const MAX_PER_ACCOUNT = 20;
/** Everybody behind one address of an office. */
const MAX_PER_ADDRESS = 100;
/** Nothing is guessed by them, but each is remembered for ten minutes: one address shall not push those of all others out. */
const MAX_BEGUN_PER_ADDRESS = 500;
/** Counted at a time, of 100 bytes each; who wants to be forgotten needs as many addresses. */
const MAX_COUNTED = 50_000;

interface Count {
  readonly attempts: number;
  readonly untilMs: number;
}

/** How often passwords may be tried, of one account and from one address (one /64 of IPv6). Kept in memory. */
export function createLoginLimits(clock: Clock): LoginLimits {
  const counts = createBoundedCache<string, Count>(MAX_COUNTED);
  const countOf = (key: string): Count => {
    const nowMs = clock.nowMs();
    const count = counts.get(key);
    return count !== undefined && count.untilMs > nowMs ? count : { attempts: 0, untilMs: nowMs + WINDOW_MS };
  };
  const requireRoom = (key: string, most: number): void => {
    const { attempts, untilMs } = countOf(key);
    if (attempts < most) return;
    const seconds = Math.ceil((untilMs - clock.nowMs()) / 1000);
    const message = `too many attempts to log in; try again in ${seconds} seconds`;
    throw new FairhopError('too-many-logins', message, { status: 429 });
  };
  const add = (key: string): void => {
    const { attempts, untilMs } = countOf(key);
    counts.set(key, { attempts: attempts + 1, untilMs });
  };
  const ofAccount = (account: string): string => `account ${account}`;
  return {
    attempt(accounts, address) {
      const place = `address ${clientPlace(address)}`;
      requireRoom(place, MAX_PER_ADDRESS);
      const tried = accounts.filter((account) => countOf(ofAccount(account)).attempts < MAX_PER_ACCOUNT);
      if (tried.length === 0)
        for (const account of accounts) requireRoom(ofAccount(account), MAX_PER_ACCOUNT);
      for (const key of [place, ...tried.map(ofAccount)]) add(key);
      return tried;
    },
    beginElsewhere(address) {
      const place = `elsewhere ${clientPlace(address)}`;
      requireRoom(place, MAX_BEGUN_PER_ADDRESS);
      add(place);
    },
    succeeded(account) {
      counts.delete(ofAccount(account));
    },
  };
}
