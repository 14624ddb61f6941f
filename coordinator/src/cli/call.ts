import {
  type Client,
  coordinatorEndpoints,
  coordinatorTrustEndpoints,
  createClient,
  createHttpClient,
} from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { printJson, withOperatorToken } from '@fairhop/shared/service';
import type { CallOptions } from './command-kit.js';
import { asTyped } from './typed-names.js';

const endpoints = { ...coordinatorEndpoints, ...coordinatorTrustEndpoints };
export type CoordinatorClient = Client<typeof endpoints>;

/** Calls a coordinator, and prints what came as JSON or as text. */
export async function callAndPrint<Result>(
  options: CallOptions,
  call: (client: CoordinatorClient) => Promise<Result>,
  toText: (result: Result) => string,
): Promise<void> {
  const result = await withCoordinator(options, call);
  if (options.json) printJson(result);
  else process.stdout.write(`${toText(result)}\n`);
}

export function withCoordinator<Result>(
  options: CallOptions,
  call: (client: CoordinatorClient) => Promise<Result>,
): Promise<Result> {
  const { coordinator: baseUrl } = options;
  return withOperatorToken(options, baseUrl, async (token) => {
    const http = createHttpClient();
    try {
      return await call(createClient(endpoints, { http, baseUrl, ...(token !== undefined && { token }) }));
    } catch (error) {
      throw asTyped(error);
    } finally {
      await http.close();
    }
  });
}

/** The value of an option, with the option’s name in the error. */
export function parseOption<Value>(name: string, text: string, parse: (text: string) => Value): Value {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof FairhopError)) throw error;
    throw new FairhopError(error.code, `${name}: ${error.message}`, { status: 400, cause: error });
  }
}

/** Milliseconds of `2026-12-31` or `2026-12-31T18:00Z`; a date alone begins at 00:00 UTC. */
export function parseTime(text: string): number {
  const timeMs = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2}))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isFinite(timeMs) && timeMs >= 0) return timeMs;
  const message = `${JSON.stringify(text)} is no date; 2026-12-31 or 2026-12-31T18:00Z is right`;
  throw new FairhopError('invalid-date', message, { status: 400 });
}
