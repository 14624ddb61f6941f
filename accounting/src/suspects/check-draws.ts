import { coordinatorTrustEndpoints, createClient, createHttpClient } from '@fairhop/shared/contract';
import type { TransferId } from '@fairhop/shared/model';
import type { Logger } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { checkNotDrawn, type Finding, type Thresholds } from '../plausibility/index.js';

/** Which of these transfers the coordinator never ordered. Throws what its call throws. */
export type CheckDraws = (transferIds: readonly TransferId[]) => Promise<readonly TransferId[]>;

const TIMEOUT_MS = 10_000;
/** As many as one question takes. */
const ASKED_AT_ONCE = 1_000;
/** Where so many of so many are unknown, the coordinator lost its log, and nobody did anything. */
const LOST_LEAST = 20;
const LOST_SHARE = 0.5;

/** Asks the coordinator; without its token it says nothing. */
export function askCoordinator(baseUrl: string, token: string): { check: CheckDraws; stop(): Promise<void> } {
  const http = createHttpClient();
  const stopping = new AbortController();
  const client = createClient(coordinatorTrustEndpoints, { http, baseUrl, token });
  return {
    async check(transferIds) {
      const options = { signal: stopping.signal, timeoutMs: TIMEOUT_MS };
      return (await client.checkDraws({ body: { transferIds: [...transferIds] } }, options)).unknown;
    },
    stop() {
      stopping.abort();
      return http.close();
    },
  };
}

interface Asked {
  readonly id: number;
  readonly transferId: string;
  readonly uploader: string;
  readonly downloader: string;
}

/** Asks about transfers that were not asked about, once each. `found` is called within a transaction. True when there may be more. */
export function createDrawCheck(
  database: Database,
  {
    check,
    thresholds,
    found,
    log,
  }: {
    readonly check: CheckDraws;
    readonly thresholds: Thresholds;
    readonly found: (agent: string, finding: Finding) => void;
    readonly log: Logger;
  },
): () => Promise<boolean> {
  const select = database.prepare<[], Asked>(
    `SELECT id, transfer_id AS transferId, uploader, downloader FROM transfers WHERE is_drawn IS NULL ORDER BY id LIMIT ${ASKED_AT_ONCE}`,
  );
  const update = database.prepare('UPDATE transfers SET is_drawn = ? WHERE id = ?');
  const write = database.transaction(
    (asked: readonly Asked[], unknown: ReadonlySet<string>, isLost: boolean) => {
      for (const { id, transferId, uploader, downloader } of asked) {
        const isDrawn = isLost || !unknown.has(transferId);
        update.run(isDrawn ? 1 : 0, id);
        if (isDrawn) continue;
        for (const agent of [uploader, downloader]) found(agent, checkNotDrawn(transferId, thresholds));
      }
    },
  );
  return async () => {
    const asked = select.all();
    if (asked.length === 0) return false;
    const unknown = new Set(await check(asked.map(({ transferId }) => transferId)));
    const isLost = asked.length >= LOST_LEAST && unknown.size >= asked.length * LOST_SHARE;
    if (isLost)
      log.error(
        { unknown: unknown.size, asked: asked.length },
        'the coordinator does not know its own orders',
      );
    write.immediate(asked, unknown, isLost);
    return asked.length === ASKED_AT_ONCE;
  };
}
