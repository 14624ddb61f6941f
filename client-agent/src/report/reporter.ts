import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  accountingEndpoints,
  type HttpClient,
  REPORT_SIGNATURE_HEADER,
  reportAnswerSchema,
} from '@fairhop/shared/contract';
import { type Identity, reportBytes } from '@fairhop/shared/crypto';
import { FairhopError, type ReportBatch } from '@fairhop/shared/model';
import type { Logger } from '@fairhop/shared/service';
import type { Outbox } from './outbox.js';

/** Messages of one post: about 1 MiB with grants and receipts. */
const BATCH_MESSAGES = 500;
/** Below this, compressing costs more than it saves. */
const GZIP_FROM_BYTES = 4096;
const POST_TIMEOUT_MS = 20_000;
/** Between two looks at the outbox. */
const INTERVAL_MS = 1000;
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 60_000;

export interface ReporterDependencies {
  readonly outbox: Outbox;
  readonly identity: Identity;
  readonly http: HttpClient;
  readonly log: Logger;
  readonly accountingUrl: () => string | undefined;
  readonly accessToken: () => string | undefined;
  readonly random?: () => number;
}

/** Posts what the outbox holds to accounting until it is acknowledged. */
export interface Reporter {
  start(): void;
  /** Posts what is there; false if something stays for the next start. */
  flush(timeoutMs: number): Promise<boolean>;
  stop(): Promise<void>;
}

export function createReporter(deps: ReporterDependencies): Reporter {
  const { outbox, identity, http, log, random = Math.random } = deps;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<boolean> | undefined;
  let stopping: AbortController | undefined;
  let failures = 0;
  let batchMessages = BATCH_MESSAGES;

  const post = async (signal: AbortSignal): Promise<boolean> => {
    const baseUrl = deps.accountingUrl();
    const token = deps.accessToken();
    const messages = outbox.peek(batchMessages);
    if (messages.length === 0) return true;
    if (baseUrl === undefined || token === undefined) return false;
    const batch: ReportBatch = { reporter: identity.key, incarnation: outbox.incarnation, messages };
    const body = Buffer.from(JSON.stringify(batch));
    const isLong = body.length >= GZIP_FROM_BYTES;
    const answer = await http.requestJson({
      baseUrl,
      method: 'POST',
      path: accountingEndpoints.report.path,
      rawBody: {
        contentType: 'application/json',
        ...(isLong && { contentEncoding: 'gzip' as const }),
        bytes: isLong ? await promisify(gzip)(body) : body,
      },
      headers: {
        [REPORT_SIGNATURE_HEADER]: Buffer.from(identity.sign(reportBytes(body))).toString('base64url'),
      },
      token,
      schema: reportAnswerSchema,
      signal,
      timeoutMs: POST_TIMEOUT_MS,
    });
    for (const { sequence, code, message } of answer.rejected)
      log.warn({ sequence, code, reason: message }, 'accounting refused a report');
    outbox.remove(messages.map(({ sequence }) => sequence));
    batchMessages = BATCH_MESSAGES;
    return false;
  };

  /** A batch that accounting refuses as a whole is cut until the one message that it does not want is found. */
  const refused = (error: unknown): boolean => {
    const isRefusal = error instanceof FairhopError && [400, 413, 422].includes(error.status ?? 0);
    if (!isRefusal) return false;
    if (batchMessages > 1) {
      batchMessages = Math.max(1, Math.floor(Math.min(batchMessages, outbox.size) / 2));
      return true;
    }
    const [message] = outbox.peek(1);
    log.error(
      { sequence: message?.sequence, code: error.code, reason: error.message },
      'a report was refused and is given up',
    );
    if (message) outbox.remove([message.sequence]);
    batchMessages = BATCH_MESSAGES;
    return true;
  };

  /** Posts until the outbox is empty; false when that does not work now. */
  const drain = async (signal: AbortSignal): Promise<boolean> => {
    while (!signal.aborted) {
      const before = outbox.size;
      try {
        if (await post(signal)) return true;
        if (outbox.size === before) return false;
        failures = 0;
      } catch (error) {
        if (signal.aborted) return false;
        if (refused(error)) continue;
        failures += 1;
        log.debug({ error: String(error) }, 'reports could not be posted; they are kept');
        return false;
      }
    }
    return false;
  };

  const turn = (signal: AbortSignal): void => {
    running = drain(signal).finally(() => {
      running = undefined;
      if (signal.aborted) return;
      const retryMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10));
      timer = setTimeout(() => turn(signal), failures === 0 ? INTERVAL_MS : retryMs * (0.5 + random() / 2));
    });
  };

  return {
    start: () => {
      stopping = new AbortController();
      turn(stopping.signal);
    },
    flush: async (timeoutMs) => {
      if (outbox.size === 0) return true;
      const signal = AbortSignal.timeout(timeoutMs);
      await running;
      return drain(signal);
    },
    stop: async () => {
      stopping?.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
