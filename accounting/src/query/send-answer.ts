import type { Query, QueryResult } from '@fairhop/shared/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { resultCsv } from './export/result-csv.js';
import { resultParquet } from './export/result-parquet.js';

type Writer = (result: QueryResult, groupBy: Query['groupBy']) => string | Promise<Uint8Array>;

/** What an answer may be beside JSON, by its media type. */
const writers = new Map<string, Writer>([
  ['text/csv', resultCsv],
  ['application/vnd.apache.parquet', resultParquet],
]);

interface Asked {
  readonly body: Pick<Query, 'groupBy'>;
  readonly request: Pick<FastifyRequest, 'headers'>;
  readonly reply: FastifyReply;
}

/** What a handler returns for an answer: JSON, or the CSV or Parquet that the request asks for with `Accept`. */
export async function sendAnswer({ body, request, reply }: Asked, result: QueryResult): Promise<QueryResult> {
  const mediaType = wantedType(request.headers.accept);
  const write = writers.get(mediaType);
  if (write === undefined) return result;
  const written = await write(result, body.groupBy);
  reply.type(mediaType).send(typeof written === 'string' ? written : Buffer.from(written));
  // It is sent: a route's schema is that of its JSON.
  return reply as never;
}

/** The first of the list that there is; weights do not matter, since a program asks for one. */
function wantedType(accept = ''): string {
  const types = accept.split(',').map((range) => range.split(';')[0]!.trim().toLowerCase());
  return types.find((type) => type === 'application/json' || writers.has(type)) ?? 'application/json';
}
