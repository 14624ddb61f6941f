import { BINS_PER_HOUR, binColumns } from '../ledger/schema.js';
import { transferIdText } from '../ledger/transfer-id.js';
import { openBeliefs } from '../matching/decide.js';
import { type Reading, rowsOf } from '../reading/index.js';
import { OF_KEPT_EVENTS } from './check-dropped.js';

/** Transfers, or events, gone through in one step: about half a second. */
const STEP = 256 * 1024;

const openOfRow =
  'e.bytes - CASE WHEN e.bytes = 0 THEN 0 ELSE max(0, min(e.bytes, t.settled_up_to - e.from_bytes)) END';
/** Rows of a transfer that receipts prove. */
const rowsOfTransfer = 'events e ON e.transfer_id = t.transfer_id AND e.from_bytes IS NOT NULL';
const inStep = 't.id > @after AND t.id <= @upTo';

interface Broken {
  transfer_id: Buffer;
  detail: string;
}

function* inSteps(table: 'peer_transfers' | 'events', sql: string): Reading<string | undefined> {
  const [last] = yield* rowsOf<{ id: number | null }>({ sql: `SELECT max(id) AS id FROM ${table}` });
  for (let after = 0; after < (last!.id ?? 0); after += STEP) {
    const parameters = { after, upTo: after + STEP };
    const [broken] = yield* rowsOf<Broken>({ sql: `${sql} LIMIT 1`, parameters });
    if (broken !== undefined)
      return `transfer ${transferIdText(Buffer.from(broken.transfer_id))}: ${broken.detail}`;
  }
  return undefined;
}

/** Each byte between agents is settled or open, and what is kept of its transfer says as much of each as its rows. */
export function* checkPartition(): Reading<string | undefined> {
  const untold = yield* inSteps(
    'events',
    `SELECT e.transfer_id, 'event ' || e.id || ' is of no transfer that is kept' AS detail
     FROM events e LEFT JOIN peer_transfers t ON t.transfer_id = e.transfer_id
     WHERE e.id > @after AND e.id <= @upTo AND e.from_bytes IS NOT NULL AND e.bytes > 0 AND t.id IS NULL`,
  );
  const broken =
    untold ??
    (yield* inSteps(
      'peer_transfers',
      `SELECT t.transfer_id, 'its rows have ' || (coalesce(sum(e.bytes), 0) - coalesce(sum(${openOfRow}), 0) + dropped_settled_bytes) || ' bytes settled and '
         || (coalesce(sum(${openOfRow}), 0) + dropped_open_bytes) || ' open, ' || settled_bytes || ' and ' || open_bytes || ' are kept' AS detail
       FROM peer_transfers t LEFT JOIN ${rowsOfTransfer} WHERE ${inStep} GROUP BY t.id
       HAVING coalesce(sum(${openOfRow}), 0) + dropped_open_bytes <> open_bytes
         OR coalesce(sum(e.bytes), 0) + dropped_open_bytes + dropped_settled_bytes <> open_bytes + settled_bytes
         OR (open IS NULL) <> (open_bytes = 0)`,
    ));
  return broken && `beliefs: ${broken}`;
}

/** Nothing is settled beyond what both ends signed, or beyond the grant. */
export function* checkSettled(): Reading<string | undefined> {
  const wordOf = (isUploader: 0 | 1, teller: string): string =>
    `coalesce((SELECT max(bytes) FROM signed_words w
       WHERE w.transfer_id = t.transfer_id AND is_uploader = ${isUploader} AND ${teller}), 0)`;
  const sent = wordOf(1, 'by_uploader');
  const received = wordOf(0, 'by_downloader');
  const granted =
    'coalesce((SELECT max_bytes FROM signed_transfers g WHERE g.transfer_id = t.transfer_id), 0)';
  const broken = yield* inSteps(
    'peer_transfers',
    `SELECT t.transfer_id, settled_up_to || ' bytes are settled, ' || ${sent} || ' were signed as sent, ' || ${received}
       || ' as received, ' || ${granted} || ' are granted' AS detail
     FROM peer_transfers t
     WHERE ${inStep} AND settled_up_to > 0 AND settled_up_to > min(${sent}, ${received}, ${granted})`,
  );
  return broken && `settled: ${broken}`;
}

/** What is kept as not billable is what the rows say, bin by bin. */
export function* checkUnbillable(): Reading<string | undefined> {
  const columns = ['hour', 'route', 'owner', 'belief', 'bytes', ...binColumns].join(', ');
  const sums = binColumns.map(
    (column, bin) =>
      `coalesce(sum(${openOfRow}) FILTER (WHERE e.bin % ${BINS_PER_HOUR} = ${bin}), 0) AS ${column}`,
  );
  const events = `SELECT e.bin / ${BINS_PER_HOUR} AS hour, e.route AS route, files.owner AS owner, t.open AS belief,
      sum(${openOfRow}) AS bytes, ${sums.join(', ')}
    FROM peer_transfers t JOIN ${rowsOfTransfer} JOIN files ON files.id = e.file
    WHERE t.open_bytes > 0 GROUP BY 1, 2, 3, 4 HAVING sum(${openOfRow}) > 0`;
  const rollup = `SELECT ${columns} FROM unbillable_hours ${OF_KEPT_EVENTS}`;
  for (const [left, right, what] of [
    [events, rollup, 'its events have'],
    [rollup, events, 'the rollup has'],
  ] as const) {
    const [first] = yield* rowsOf<Record<'hour' | 'route' | 'owner' | 'bytes', number> & { belief: string }>({
      sql: `SELECT * FROM (SELECT ${columns} FROM (${left}) EXCEPT SELECT ${columns} FROM (${right}))
        ORDER BY hour, route, owner, belief LIMIT 1`,
    });
    if (first === undefined) continue;
    const { hour, route, owner, belief, bytes } = first;
    const time = new Date(hour * 3_600_000).toISOString();
    return `unbillable-hours: hour ${time}, route ${route}, owner ${owner}, ${belief}: ${what} ${bytes} bytes, the other has not`;
  }
  return undefined;
}

/** Moves add up to what is, and none goes back. */
export function* checkMoves(): Reading<string | undefined> {
  const beliefs = ['settled', ...openBeliefs];
  const isOf = (belief: string): string =>
    `sum(CASE '${belief}' WHEN to_belief THEN to_bytes - from_bytes WHEN from_belief THEN from_bytes - to_bytes ELSE 0 END)`;
  const kept = (belief: string): string =>
    belief === 'settled' ? 't.settled_bytes' : `CASE t.open WHEN '${belief}' THEN t.open_bytes ELSE 0 END`;
  const differs = beliefs.map((belief) => `coalesce(${isOf(belief)}, 0) <> ${kept(belief)}`);
  const isBack = `(from_belief = 'settled' OR (from_belief = 'dropped' AND to_belief <> 'settled')
    OR to_belief = 'claimed' AND from_belief IS NOT NULL OR from_bytes >= to_bytes)`;
  const broken = yield* inSteps(
    'peer_transfers',
    `SELECT t.transfer_id, CASE WHEN coalesce(max(${isBack}), 0) THEN 'a move goes back'
         ELSE 'its moves do not add up to what is believed' END AS detail
     FROM peer_transfers t LEFT JOIN belief_moves ON transfer = t.id WHERE ${inStep} GROUP BY t.id
     HAVING coalesce(max(${isBack}), 0) OR ${differs.join(' OR ')}`,
  );
  return broken && `belief-moves: ${broken}`;
}
