import {
  accountingEndpoints,
  type HttpClient,
  REPORT_SIGNATURE_HEADER,
  reportAnswerSchema,
} from '@fairhop/shared/contract';
import { type Identity, reportBytes } from '@fairhop/shared/crypto';
import type { EdgeTransferRecord, ReportBatch } from '@fairhop/shared/model';
import type { Clock, Logger } from '@fairhop/shared/service';
import type { Outbox } from './outbox.js';
import { createPartMeter, type TransferFacts } from './part-meter.js';

/** Bytes that a kill -9 may take are those counted since the last look. */
const saveIntervalMs = 500;
const sendIntervalMs = 1_000;
const maxBackoffMs = 30_000;
/** About 700 KiB a batch. */
const maxBatchMessages = 1_000;
const stopSendTimeoutMs = 2_000;
const sendTimeoutMs = 15_000;

export interface ReportsDependencies {
  outbox: Outbox;
  identity: Identity;
  http: HttpClient;
  /** The coordinator's time. */
  clock: Clock;
  log: Logger;
  /** Where to, and with which token; undefined while either is unknown. */
  destination(): { url: string; accessToken: string } | undefined;
}

export interface Reports {
  start(): void;
  /** Ends all parts, saves them, and tries once to have them acknowledged. */
  stop(): Promise<void>;
  count(facts: TransferFacts, bytes: number, sinceMs: number, nowMs: number): void;
}

/** Measures transfers, keeps their parts in the outbox, and posts these in signed batches until they are acknowledged. */
export function createReports(config: { maxPartMs: number }, dependencies: ReportsDependencies): Reports {
  const { outbox, identity, http, clock, log } = dependencies;
  const meter = createPartMeter({
    maxPartMs: config.maxPartMs,
    nextPart: (transferId) => outbox.nextPart(transferId),
  });
  /** What could not be saved yet: the parts of the last half second, more only while the disk refuses. */
  let ended: EdgeTransferRecord[] = [];
  let growing = new Map<string, EdgeTransferRecord>();
  let saveTimer: NodeJS.Timeout | undefined;
  let sendTimer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let failures = 0;
  const stopping = new AbortController();

  const save = (all = false): void => {
    const nowMs = clock.nowMs();
    ended.push(...meter.takeClosed(nowMs, all));
    for (const record of meter.takeGrown()) growing.set(`${record.transferId} ${record.part}`, record);
    for (const record of ended) growing.delete(`${record.transferId} ${record.part}`);
    try {
      outbox.save(ended, [...growing.values()], nowMs);
      ended = [];
      growing = new Map();
    } catch (error) {
      log.error({ err: error }, 'transfer reports cannot be saved; they are kept in memory and tried again');
    }
  };

  /** True when there was nothing to send, or it was acknowledged. */
  const sendBatch = async (signal: AbortSignal, timeoutMs: number): Promise<number> => {
    const destination = dependencies.destination();
    if (destination === undefined) return 0;
    const messages = outbox.waiting(maxBatchMessages);
    if (messages.length === 0) return 0;
    const batch: ReportBatch = { reporter: identity.key, incarnation: outbox.incarnation, messages };
    const body = Buffer.from(JSON.stringify(batch));
    const answer = await http.requestJson({
      baseUrl: destination.url,
      method: accountingEndpoints.report.method,
      path: accountingEndpoints.report.path,
      rawBody: { contentType: 'application/json', bytes: body },
      schema: reportAnswerSchema,
      token: destination.accessToken,
      headers: {
        [REPORT_SIGNATURE_HEADER]: Buffer.from(identity.sign(reportBytes(body))).toString('base64url'),
      },
      signal,
      timeoutMs,
    });
    outbox.settle(messages, answer);
    for (const { code, message } of answer.rejected.slice(0, 10)) {
      log.error({ code, detail: message }, 'accounting rejected a transfer report');
    }
    return messages.length;
  };

  const sendAll = async (): Promise<void> => {
    try {
      while ((await sendBatch(stopping.signal, sendTimeoutMs)) === maxBatchMessages);
      failures = 0;
    } catch (error) {
      if (stopping.signal.aborted) return;
      failures += 1;
      log.warn(
        { err: error, failures },
        'accounting did not take the transfer reports; they are tried again',
      );
    }
  };
  const scheduleSend = (): void => {
    const delayMs = Math.min(maxBackoffMs, sendIntervalMs * 2 ** Math.min(failures, 10));
    sendTimer = setTimeout(
      () => {
        sending = sendAll().finally(() => {
          if (!stopping.signal.aborted) scheduleSend();
        });
        // Jitter, so that edges that lost the same service do not come back together.
      },
      delayMs * (failures === 0 ? 1 : 0.5 + Math.random() / 2),
    );
  };

  return {
    start: () => {
      saveTimer = setInterval(() => save(), saveIntervalMs);
      scheduleSend();
    },
    stop: async () => {
      clearInterval(saveTimer);
      clearTimeout(sendTimer);
      stopping.abort();
      await sending;
      save(true);
      try {
        await sendBatch(AbortSignal.timeout(stopSendTimeoutMs), stopSendTimeoutMs);
      } catch (error) {
        log.warn({ err: error }, 'the last transfer reports stay in the outbox for the next start');
      }
    },
    count: (facts, bytes, sinceMs, nowMs) => meter.count(facts, bytes, sinceMs, nowMs),
  };
}
