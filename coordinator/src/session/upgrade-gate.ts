import { createBoundedCache, FairhopError } from '@fairhop/shared/model';
import { clientPlace } from '@fairhop/shared/net';
import type { SessionServerConfig } from './config.js';
import { createTokenBucket, type TokenBucket } from './token-bucket.js';

/** Bounds on who may hold connections, so that a flood from one place keeps nobody else out. */
export interface UpgradeGate {
  /** Why an upgrade is refused, with the HTTP status; undefined for one that is welcome. */
  refusal(request: { address: string; origin: string | undefined }): FairhopError | undefined;
  opened(address: string): void;
  closed(address: string): void;
}

export interface UpgradeGateDependencies {
  /** Sessions whose agents proved their keys. */
  provenCount(): number;
  monotonicMs?: () => number;
}

/** New connections of one place: after a restart all behind one carrier-grade NAT come back at once. */
const OPENINGS = { perSecond: 20, burst: 1_024 };
/** Places whose openings are counted; 200 bytes each. A flood from more places than these meets the total bounds. */
const MAX_PLACES = 50_000;

export function createUpgradeGate(
  config: Pick<
    SessionServerConfig,
    'allowedOrigins' | 'maxConnections' | 'maxConnectionsPerAddress' | 'maxUnproven'
  >,
  { provenCount, monotonicMs }: UpgradeGateDependencies,
): UpgradeGate {
  const open = new Map<string, number>();
  const openings = createBoundedCache<string, TokenBucket>(MAX_PLACES);
  let total = 0;

  const refuse = (status: number, code: string, message: string): FairhopError =>
    new FairhopError(code, message, { status });
  const takeOpening = (place: string): boolean => {
    const bucket = openings.get(place) ?? createTokenBucket(OPENINGS, monotonicMs);
    openings.set(place, bucket);
    return bucket.take();
  };

  return {
    refusal({ address, origin }) {
      // A page of another site could use a visitor's machine: only pages that the operator named may.
      if (origin !== undefined && !config.allowedOrigins.includes(origin))
        return refuse(
          403,
          'origin-not-allowed',
          `Pages of ${JSON.stringify(origin)} may not open sessions here`,
        );
      const place = clientPlace(address);
      if ((open.get(place) ?? 0) >= config.maxConnectionsPerAddress) {
        const message = `${config.maxConnectionsPerAddress} connections of your address are open, which is the most; close one`;
        return refuse(429, 'too-many-sessions', message);
      }
      if (!takeOpening(place)) {
        const message = `more than ${OPENINGS.perSecond} connections a second come from your address; try again in a minute`;
        return refuse(429, 'too-many-connections', message);
      }
      if (total >= config.maxConnections)
        return refuse(
          503,
          'coordinator-full',
          `${config.maxConnections} connections are open, which is the most; try later`,
        );
      if (total - provenCount() >= config.maxUnproven) {
        const message = `${config.maxUnproven} connections have not said who they are, which is the most; try again in some seconds`;
        return refuse(503, 'coordinator-busy', message);
      }
      return undefined;
    },
    opened(address) {
      const place = clientPlace(address);
      open.set(place, (open.get(place) ?? 0) + 1);
      total += 1;
    },
    closed(address) {
      const place = clientPlace(address);
      const left = (open.get(place) ?? 1) - 1;
      if (left > 0) open.set(place, left);
      else open.delete(place);
      total -= 1;
    },
  };
}
