import { Agent, type Dispatcher, request } from 'undici';
import type { z } from 'zod';
import { FairhopError, fieldErrors, fromProblem, problemMediaType, problemSchema } from '../model/errors.js';

/** Answers of the control plane are pages and manifests; 16 MiB holds the manifest of the largest title. */
const defaultMaxResponseBytes = 16 * 1024 * 1024;
const defaultTimeoutMs = 30_000;
/** Enough for the parallel calls of one agent or service, and far from a peer's connection limits. */
const connectionsPerOrigin = 16;

export interface HttpClientConfig {
  /** Address of this machine that connections leave from; unset lets the system choose. */
  localAddress?: string;
}

export interface JsonRequest<Schema extends z.ZodType> {
  /** Scheme, host and port, with a path prefix if the service stands behind one. */
  baseUrl: string;
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, segments already percent-encoded; begins with `/`. */
  path: string;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, instead of `body`: what a signature was made over must not be serialised again. */
  rawBody?: { contentType: string; contentEncoding?: 'gzip'; bytes: Uint8Array };
  /** Shape of a 2xx answer; an empty answer is `undefined`. */
  schema: Schema;
  /** Bearer token (RFC 6750). */
  token?: string;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
  /** From the start of the call to the last byte of the answer. */
  timeoutMs?: number;
  maxResponseBytes?: number;
}

export interface HttpClient {
  /**
   * One call with its answer checked.
   * Throws FairhopError: the code and status of the problem+json that the service answered; `service-unavailable`
   * (no connection, or a proxy without one); `time-out`; `aborted`; `response-too-large`; `unexpected-response` (any other answer).
   */
  requestJson<Schema extends z.ZodType>(call: JsonRequest<Schema>): Promise<z.output<Schema>>;
  /** Ends connections and calls under way. */
  close(): Promise<void>;
}

export function createHttpClient(config: HttpClientConfig = {}): HttpClient {
  const agent = new Agent({
    connections: connectionsPerOrigin,
    connect: { timeout: 10_000 },
    // Not in `connect`: undici overwrites it there and the connection leaves from any address.
    ...(config.localAddress && { localAddress: config.localAddress }),
  });
  return {
    requestJson: (call) => requestJson(agent, call),
    close: () => agent.destroy(),
  };
}

async function requestJson<Schema extends z.ZodType>(
  dispatcher: Dispatcher,
  call: JsonRequest<Schema>,
): Promise<z.output<Schema>> {
  const url = call.baseUrl.replace(/\/+$/, '') + call.path;
  const name = `${call.method} ${url.replace(/\?.*$/, '')}`;
  const timeoutMs = call.timeoutMs ?? defaultTimeoutMs;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = call.signal ? AbortSignal.any([call.signal, timeout]) : timeout;
  let answer: Answer;
  try {
    const response = await request(url, {
      dispatcher,
      method: call.method,
      headers: requestHeaders(call),
      body: call.rawBody?.bytes ?? (call.body === undefined ? null : JSON.stringify(call.body)),
      signal,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    answer = await readAnswer(name, response, call.maxResponseBytes ?? defaultMaxResponseBytes);
  } catch (error) {
    if (error instanceof FairhopError) throw error;
    throw connectionError(name, error, {
      aborted: call.signal?.aborted ?? false,
      timedOut: timeout.aborted,
      timeoutMs,
    });
  }
  return checkAnswer(name, answer, call.schema);
}

interface Answer {
  status: number;
  mediaType: string;
  text: string;
}

function requestHeaders(call: JsonRequest<z.ZodType>): Record<string, string> {
  const headers: Record<string, string> = {
    accept: `application/json, ${problemMediaType}`,
    ...call.headers,
  };
  if (call.token !== undefined) headers['authorization'] = `Bearer ${call.token}`;
  if (call.rawBody) {
    headers['content-type'] = call.rawBody.contentType;
    if (call.rawBody.contentEncoding) headers['content-encoding'] = call.rawBody.contentEncoding;
  } else if (call.body !== undefined) {
    headers['content-type'] = 'application/json';
  }
  return headers;
}

async function readAnswer(
  name: string,
  response: Dispatcher.ResponseData,
  maxBytes: number,
): Promise<Answer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) {
      throw new FairhopError('response-too-large', `${name} answered more than ${maxBytes} bytes`, {
        status: 502,
      });
    }
    chunks.push(chunk);
  }
  const contentType = response.headers['content-type'];
  return {
    status: response.statusCode,
    mediaType: String(contentType ?? '')
      .split(';', 1)[0]!
      .trim()
      .toLowerCase(),
    text: Buffer.concat(chunks).toString('utf8'),
  };
}

function checkAnswer<Schema extends z.ZodType>(
  name: string,
  answer: Answer,
  schema: Schema,
): z.output<Schema> {
  const parsed = parseJson(answer.text);
  if (answer.status < 200 || answer.status > 299) {
    const problem = problemSchema.safeParse(parsed);
    if (answer.mediaType === problemMediaType && problem.success) {
      throw fromProblem({ ...problem.data, status: answer.status });
    }
    // What a proxy, or a service that is just stopping, answers in its place.
    if (answer.status >= 502 && answer.status <= 504) throw unavailable(name, `status ${answer.status}`);
    throw unexpected(name, `status ${answer.status} ${answer.mediaType || 'without a content type'}`);
  }
  if (answer.text !== '' && parsed === undefined) throw unexpected(name, `${answer.mediaType}, not JSON`);
  const result = schema.safeParse(parsed);
  if (!result.success) {
    const wrong = fieldErrors(result.error).map(({ path, message }) => `${path || 'the whole'}: ${message}`);
    throw unexpected(name, `JSON of another shape (${wrong.slice(0, 5).join('; ')})`, result.error);
  }
  return result.data;
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unexpected(name: string, what: string, cause?: unknown): FairhopError {
  return new FairhopError('unexpected-response', `${name} answered ${what}; is it the right service?`, {
    status: 502,
    cause,
  });
}

function connectionError(
  name: string,
  cause: unknown,
  { aborted, timedOut, timeoutMs }: { aborted: boolean; timedOut: boolean; timeoutMs: number },
): FairhopError {
  if (aborted) return new FairhopError('aborted', `${name} was aborted`, { cause });
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (timedOut || code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return new FairhopError('time-out', `${name} gave no whole answer within ${timeoutMs} ms`, {
      status: 504,
      cause,
    });
  }
  const reason = code || (cause instanceof Error ? cause.message : String(cause));
  return unavailable(name, reason, cause);
}

function unavailable(name: string, reason: string, cause?: unknown): FairhopError {
  const message = `${name} cannot be reached (${reason}); is the service running there?`;
  return new FairhopError('service-unavailable', message, { status: 503, cause });
}
