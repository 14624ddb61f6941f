import { coordinatorEndpoints, type HttpClient } from '@fairhop/shared/contract';
import { FairhopError, type PublicKey } from '@fairhop/shared/model';
import { type Clock, retryWithBackoff, sleep } from '@fairhop/shared/service';

/** The coordinator's public key that `kid` names; undefined when it has none such. Throws (503) when it cannot be known now. */
export type KeyLookup = (kid: string) => Promise<PublicKey | undefined>;

export interface CoordinatorKeysDependencies {
  readonly http: HttpClient;
  readonly clock: Clock;
  /** Ends fetches under way. */
  readonly signal: AbortSignal;
}

/** A removed key is not believed longer than this. */
const MAX_AGE_MS = 10 * 60_000;
/** Bounds what made-up key names cost the coordinator. */
const MIN_REFRESH_INTERVAL_MS = 1_000;
const FETCH_TIMEOUT_MS = 5_000;
/** A coordinator that restarts is back within these tries; a reporter whose batch waits tries again itself. */
const FETCH_ATTEMPTS = 3;

/**
 * The keys that the coordinator publishes, fetched when first needed, when a name is unknown and when they are old. Old keys
 * serve on while the coordinator cannot be reached; a name that is not among them is then not known to be wrong.
 */
export function createCoordinatorKeys(
  coordinatorUrl: string,
  { http, clock, signal }: CoordinatorKeysDependencies,
): KeyLookup {
  let keys: ReadonlyMap<string, PublicKey> = new Map();
  let fetchedMs = Number.NEGATIVE_INFINITY;
  let triedMs = Number.NEGATIVE_INFINITY;
  let refreshing: Promise<void> | undefined;

  const fetchKeys = async (): Promise<void> => {
    const waitMs = triedMs + MIN_REFRESH_INTERVAL_MS - clock.nowMs();
    if (waitMs > 0) await sleep(Math.min(waitMs, MIN_REFRESH_INTERVAL_MS), signal);
    triedMs = clock.nowMs();
    const set = await retryWithBackoff(
      () =>
        http.requestJson({
          baseUrl: coordinatorUrl,
          method: 'GET',
          path: coordinatorEndpoints.jwks.path,
          schema: coordinatorEndpoints.jwks.response,
          timeoutMs: FETCH_TIMEOUT_MS,
          signal,
        }),
      { attempts: FETCH_ATTEMPTS, baseMs: 100, maxMs: 1_000, signal },
    );
    keys = new Map(set.keys.map(({ kid, x }) => [kid, x]));
    fetchedMs = clock.nowMs();
  };
  const refresh = (): Promise<void> => {
    refreshing ??= fetchKeys().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  };
  return async (kid) => {
    const known = keys.get(kid);
    if (known !== undefined) {
      if (clock.nowMs() - fetchedMs > MAX_AGE_MS) await refresh().catch(() => undefined);
      return keys.get(kid);
    }
    try {
      await refresh();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new FairhopError(
        'keys-unavailable',
        `key "${kid}" is unknown here and the coordinator's keys cannot be fetched (${why}); send it again later`,
        { status: 503, cause },
      );
    }
    return keys.get(kid);
  };
}
