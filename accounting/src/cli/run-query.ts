import type { Query, QueryResult } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { type Column, formatTable } from '@fairhop/shared/service';
import { formatCsv } from '../query/export/csv.js';
import { type Matrix, type MatrixName, matrixOf } from '../query/export/matrix.js';
import { resultCsv } from '../query/export/result-csv.js';
import { resultParquet } from '../query/export/result-parquet.js';
import { exact } from './print.js';
import { describeResult } from './print-result.js';
import { type QueryOptions, queryOf } from './query-options.js';
import { askAccounting, type ServiceOptions } from './service-client.js';
import { writeOutput } from './write-output.js';

/** As many cells as an answer may have rows. */
const MAX_CELLS = 10_000;
/** Of a saved question. */
const MAX_NAME_LENGTH = 200;

export async function runQuery(
  measure: Query['measure'],
  options: QueryOptions & ServiceOptions,
): Promise<void> {
  const pair = options.matrix === true ? pairOf(options) : undefined;
  const format = formatOf(options);
  // What cannot be written is not asked for.
  if (format === 'parquet' && options.output === undefined) await writeOutput(new Uint8Array(), undefined);
  const body = queryOf(measure, pair === undefined ? options : { ...options, limit: MAX_CELLS });
  const result = await ask(body, options);
  if (pair !== undefined) requireWhole(result);
  await writeOutput(await formatted(result, format, pair, options), options.output);
}

type Question = ReturnType<typeof queryOf>;

/** Only a question that has an answer is kept. */
const ask = (query: Question, options: QueryOptions & ServiceOptions): Promise<QueryResult> =>
  askAccounting(options, async (client) => {
    const answer = await client.query({ body: query });
    const { save: id } = options;
    if (id === undefined) return answer;
    await client.putSavedQuery({ params: { id }, body: { name: nameOf(query), query } });
    process.stderr.write(`fairhop: the question is kept as ${id}\n`);
    return answer;
  });

/** `bytes leaves sp1 enters sp2` */
const nameOf = ({ measure, ...filters }: Question): string =>
  [
    measure,
    ...Object.entries(filters).flatMap(([name, value]) => (typeof value === 'string' ? [name, value] : [])),
  ]
    .join(' ')
    .slice(0, MAX_NAME_LENGTH);

/** Bytes from each ISP to each ISP: a matrix for people, one cell after another for programs. */
export async function runMatrix(options: QueryOptions & ServiceOptions): Promise<void> {
  const pair: ['sourceIsp', 'destinationIsp'] = ['sourceIsp', 'destinationIsp'];
  const format = formatOf(options);
  if (format === 'table' || format === 'parquet')
    return await runQuery('bytes', { ...options, groupBy: pair, matrix: true });
  const body = queryOf('bytes', { ...options, groupBy: pair, limit: MAX_CELLS });
  const result = await ask(body, options);
  requireWhole(result);
  const [from, to] = pair;
  const cells = result.rows.map(({ key, value }) => ({ from: key[from]!, to: key[to]!, bytes: value }));
  const text =
    format === 'json'
      ? `${JSON.stringify(cells, null, 2)}\n`
      : formatCsv([['from', 'to', 'bytes'], ...cells.map((cell) => [cell.from, cell.to, cell.bytes])]);
  await writeOutput(text, options.output);
}

type Format = NonNullable<QueryOptions['format']>;
type Pair = readonly [string, string];

/** `--json` is what every command has. */
const formatOf = ({ json, format = 'table' }: QueryOptions & ServiceOptions): Format =>
  json ? 'json' : format;

function pairOf({ groupBy = [] }: QueryOptions): Pair {
  if (groupBy.length === 2) return groupBy as unknown as Pair;
  const message = `a matrix has two dimensions, ${groupBy.length} are given; such as --group-by source-isp,destination-isp is right`;
  throw new FairhopError('matrix-dimensions', message, { status: 400 });
}

function formatted(
  result: QueryResult,
  format: Format,
  pair: Pair | undefined,
  options: QueryOptions,
): string | Promise<Uint8Array> {
  const groupBy = (options.groupBy ?? []) as Query['groupBy'];
  if (format === 'json') return `${JSON.stringify(result, null, 2)}\n`;
  if (format === 'parquet') return resultParquet(result, groupBy);
  if (pair !== undefined) {
    const matrix = matrixOf(result, pair, isOfEnds(pair));
    return format === 'csv' ? matrixCsv(matrix, pair) : `${matrixText(matrix, result.unit, pair)}\n`;
  }
  return format === 'csv' ? resultCsv(result, groupBy) : `${describeResult(result, options)}\n`;
}

const isOfEnds = (pair: Pair): boolean =>
  pair[0].replace('source', '') === pair[1].replace('destination', '');

/** A cell that is left out reads as none, in every format. Throws `answer-too-large`. */
function requireWhole({ other }: QueryResult): void {
  if (other === undefined) return;
  const message = `the matrix has ${other.groups + MAX_CELLS} cells, at most ${MAX_CELLS} are shown; a filter is right`;
  throw new FairhopError('answer-too-large', message, { status: 422 });
}

const nameText = (name: MatrixName): string | undefined => (name === null ? undefined : String(name));

/** The first dimension downwards, the second across; of what nobody knows `unknown`. */
export function matrixText(matrix: Matrix, unit: string, [down, across]: Pair): string {
  if (matrix.rows.length === 0) return 'Nothing is booked for that.';
  const columns: Column<MatrixName>[] = [
    { header: `${unit}: ${down} \\ ${across}`, cell: nameText },
    ...matrix.columns.map((column) => ({
      header: nameText(column) ?? 'unknown',
      cell: (row: MatrixName) => exact(matrix.at(row, column)),
      align: 'right' as const,
    })),
  ];
  return formatTable(columns, matrix.rows);
}

const matrixCsv = (matrix: Matrix, [down, across]: Pair): string =>
  formatCsv([
    [`${down} \\ ${across}`, ...matrix.columns.map((column) => nameText(column) ?? 'unknown')],
    ...matrix.rows.map((row) => [
      nameText(row) ?? 'unknown',
      ...matrix.columns.map((column) => matrix.at(row, column)),
    ]),
  ]);
