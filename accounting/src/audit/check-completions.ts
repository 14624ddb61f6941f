import { type Reading, rowsOf } from '../reading/index.js';

/** Hosts gone through in one step: about half a second where each completed ten files. */
const HOSTS_OF_STEP = 64 * 1024;

interface Broken {
  readonly host: string;
  readonly content: string;
  readonly earlier: number;
  readonly later: number;
}

/**
 * Of a host and content each completion is of an earlier time than those booked before it, so that the earliest known up to a position
 * stays the same; and as many are there as were counted.
 */
export function* checkCompletions(): Reading<string | undefined> {
  const [last] = yield* rowsOf<{ id: number }>({ sql: 'SELECT coalesce(max(id), 0) AS id FROM hosts' });
  const [counter] = yield* rowsOf<{ value: number }>({
    sql: `SELECT value FROM counters WHERE name = 'completions'`,
  });
  let counted = 0;
  let newest = 0;
  for (let after = 0; after < last!.id; after += HOSTS_OF_STEP) {
    const parameters = { after, upTo: after + HOSTS_OF_STEP };
    const [broken] = yield* rowsOf<Broken>({
      sql: `SELECT hosts.name AS host, hex(c.content_id) AS content, e.position AS earlier, c.position AS later
        FROM completions c CROSS JOIN completions e ON e.host = c.host AND e.content_id = c.content_id AND e.time_ms < c.time_ms
          CROSS JOIN hosts ON hosts.id = c.host
        WHERE c.host > @after AND c.host <= @upTo AND e.position <= c.position LIMIT 1`,
      parameters,
    });
    if (broken !== undefined) {
      const { host, content, earlier, later } = broken;
      return `completions: ${host}, content ${content.toLowerCase()}: completion ${later} is of a later time than ${earlier}, which was booked before`;
    }
    const [sums] = yield* rowsOf<{ counted: number; newest: number }>({
      sql: `SELECT count(*) AS counted, coalesce(max(position), 0) AS newest FROM completions
        WHERE host > @after AND host <= @upTo AND position > 0`,
      parameters,
    });
    counted += sums!.counted;
    newest = Math.max(newest, sums!.newest);
  }
  if (counted === counter!.value && newest === counter!.value) return undefined;
  return `completions: ${counter!.value} were booked, ${counted} up to position ${newest} are there`;
}
