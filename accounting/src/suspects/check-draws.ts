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
/** Reports may be so late. What the coordinator ordered longer ago it may forget, and its log reaches a week further. */
const ASKED_FOR_MS = 93 * 86_400_000;

/** What is known of a transfer's order; null in the database until the coordinator was asked. */
const drawn = {
  never: 0,
  yes: 1,
  /** The coordinator lost what it wrote down at that time, so that it cannot tell. Asked anew after a start. */
  untold: 2,
} as const;

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

/**
 * Asks about transfers that were not asked about, once each. One that the coordinator does not know was never drawn, however many there
 * are, unless the coordinator lost its log of that time: then it does not know those orders any more that it knew before either. Ids of
 * transfers rise with the time of their orders (UUIDv7), so that the neighbours among those that were known tell. `found` is called
 * within a transaction. True when there may be more.
 */
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
  const selectNewest = database
    .prepare<[], string | null>(`SELECT max(transfer_id) FROM transfers WHERE is_drawn = ${drawn.yes}`)
    .pluck();
  const selectKnown = [
    'transfer_id < ? ORDER BY transfer_id DESC',
    'transfer_id > ? ORDER BY transfer_id',
  ].map((beside) =>
    database
      .prepare<[string, string], string>(
        `SELECT transfer_id FROM transfers WHERE is_drawn = ${drawn.yes} AND transfer_id >= ? AND ${beside} LIMIT 1`,
      )
      .pluck(),
  );
  database.exec(`UPDATE transfers SET is_drawn = NULL WHERE is_drawn = ${drawn.untold}`);

  const unknownOf = async (transferIds: readonly string[]): Promise<Set<string>> => {
    const unknown = new Set<string>();
    for (let from = 0; from < transferIds.length; from += ASKED_AT_ONCE)
      for (const one of await check(transferIds.slice(from, from + ASKED_AT_ONCE))) unknown.add(one);
    return unknown;
  };
  /** Of those that the coordinator does not know, those beside which it forgot others. */
  const lostOf = async (unknown: ReadonlySet<string>): Promise<Set<string>> => {
    const oldest = firstIdAt(timeOf(selectNewest.get() ?? '') - ASKED_FOR_MS);
    const besides = new Map(
      [...unknown].map((transferId) => [
        transferId,
        selectKnown.flatMap((known) => known.get(oldest, transferId) ?? []),
      ]),
    );
    const forgotten = await unknownOf([...new Set([...besides.values()].flat())]);
    return new Set(
      [...besides].filter(([, beside]) => beside.some((one) => forgotten.has(one))).map(([one]) => one),
    );
  };
  const write = database.transaction(
    (asked: readonly Asked[], unknown: ReadonlySet<string>, lost: ReadonlySet<string>) => {
      for (const { id, transferId, uploader, downloader } of asked) {
        const state = lost.has(transferId) ? 'untold' : unknown.has(transferId) ? 'never' : 'yes';
        update.run(drawn[state], id);
        if (state !== 'never') continue;
        for (const agent of [uploader, downloader]) found(agent, checkNotDrawn(transferId, thresholds));
      }
    },
  );
  return async () => {
    const asked = select.all();
    if (asked.length === 0) return false;
    const unknown = await unknownOf(asked.map(({ transferId }) => transferId));
    const lost = await lostOf(unknown);
    if (lost.size > 0)
      log.error({ lost: lost.size, asked: asked.length }, 'the coordinator does not know its own orders');
    write.immediate(asked, unknown, lost);
    return asked.length === ASKED_AT_ONCE;
  };
}

/** The first 48 bits of a UUIDv7 are its time. */
const timeOf = (transferId: string): number =>
  Number.parseInt(`0${transferId.slice(0, 13).replace('-', '')}`, 16);

function firstIdAt(timeMs: number): string {
  const time = Math.max(0, timeMs).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}`;
}
