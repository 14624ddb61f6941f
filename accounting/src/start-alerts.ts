import type { Query, QueryResult } from '@fairhop/shared/contract';
import type { Clock, HttpService, Logger } from '@fairhop/shared/service';
import { Counter } from 'prom-client';
import type { Access } from './access.js';
import { type Alerts, addAlertRoutes, createAlerts, readSmtp } from './alerts/index.js';
import type { Cleanups } from './cleanups.js';
import type { AccountingConfig } from './config.js';
import type { Ledger } from './ledger/index.js';
import type { QueryEngine } from './query/index.js';
import { createReader, type Reader } from './reading/index.js';

export interface AlertsParts {
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly ledger: Ledger;
  readonly queries: QueryEngine;
  /** Of people. */
  readonly questions: Reader;
  readonly http: HttpService;
  readonly auth: Access['auth'];
  readonly cleanups: Cleanups;
  /** Of a file in the data directory. */
  readonly file: (name: string) => string;
}

/** A question about every event there is takes half a second per ten million. */
const QUERY_TIMEOUT_MS = 30_000;
/** Looks go one after the other; what else asks is budgets that are set, each with one question at a time. */
const MAX_WAITING_QUERIES = 32;
/** The latest instant of a Date: the end of an open period. */
const END_OF_TIME_MS = 8_640_000_000_000_000;

/** Budgets and alerts; before `http` starts: it gets routes. Throws `secret-file-exposed`, `secret-file-invalid`. */
export function startAlerts(config: AccountingConfig, parts: AlertsParts): Alerts {
  const { log, clock, random, ledger, queries, questions, http, auth, cleanups, file } = parts;
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name: `fairhop_accounting_${name}`, help, labelNames, registers: [http.registry] });
  const told = counter('alerts_total', 'Steps of budgets that were reached, and resolved', ['kind']);
  const attempts = counter('alert_attempts_total', 'Attempts to deliver an alert', ['channel', 'outcome']);
  const smtp = readSmtp(config.smtp);
  // Beside people's questions, lists of budgets among them: looks must not wait for those, nor those for looks.
  const reader = createReader({
    file: ledger.database.name,
    timeoutMs: QUERY_TIMEOUT_MS,
    maximumWaiting: MAX_WAITING_QUERIES,
  });
  const ask = (query: Query): Promise<QueryResult> => reader.run(() => queries.answer(query));
  const alerts = createAlerts(
    {
      file: file('alerts.db'),
      evaluationIntervalMs: config.budgetCheckIntervalMs,
      retryBaseMs: config.webhookRetryBaseMs,
      attemptTimeoutMs: config.webhookTimeoutMs,
      maxAttempts: config.alertAttempts,
      coordinatorUrl: config.coordinatorUrl,
      coordinatorToken: config.coordinatorToken,
      smtp,
      receivers: config.alertReceivers,
    },
    {
      ask,
      askToList: (query) => questions.run(() => queries.answer(query)),
      deliveredBytes: (owner, fromMs, toMs) => ledger.ownerBytes(owner, fromMs, toMs ?? END_OF_TIME_MS),
      ...{ clock, random, log },
      onAlerts(alertsOfLook) {
        for (const { kind } of alertsOfLook) told.inc({ kind });
      },
      onAttempt: (channel, outcome) => attempts.inc({ channel, outcome }),
    },
  );
  const forgetBooked = ledger.onBooked(({ owners }) => alerts.noteBooked(owners));
  cleanups.add(() => {
    forgetBooked();
    return Promise.all([alerts.stop(), reader.stop()]);
  });
  http.routes((app) => addAlertRoutes(app, { alerts, auth }));
  alerts.start();
  return alerts;
}
