import type { Query, QueryResult } from '@fairhop/shared/contract';
import { type Clock, createLog, systemClock } from '@fairhop/shared/service';
import { type Alerts, type AlertsConfig, createAlerts } from './alerts.js';

interface AlertsFixture {
  readonly alerts: Alerts;
  stop(): Promise<void>;
}

/** Alerts over a ledger that answers what a test says it holds from an instant on, all of it from edges. */
export function createAlertsFixture({
  clock = systemClock,
  usedBytes,
  askToList,
  ...config
}: Partial<AlertsConfig> & {
  readonly file: string;
  readonly clock?: Clock;
  readonly usedBytes: (fromMs: number, toMs: number | null) => number;
  /** In place of that ledger, for what is listed. */
  readonly askToList?: (query: Query) => Promise<QueryResult>;
}): AlertsFixture {
  const ask = async ({ time }: Query): Promise<QueryResult> => {
    const value = usedBytes(time.fromMs ?? 0, time.toMs ?? null);
    return {
      measure: 'bytes',
      unit: 'bytes',
      value,
      rows: [{ key: { kind: 'edge-to-client', belief: 'edge' }, value }],
      rowsAddUp: true,
      answeredBy: 'test',
      fromMs: time.fromMs ?? null,
      toMs: time.toMs ?? null,
    };
  };
  const alerts = createAlerts(
    {
      evaluationIntervalMs: 60_000,
      retryBaseMs: 50,
      attemptTimeoutMs: 500,
      maxAttempts: 60,
      coordinatorUrl: 'http://127.0.0.1:9',
      ...config,
    },
    {
      ask,
      askToList: askToList ?? ask,
      deliveredBytes: (_owner, fromMs, toMs) => usedBytes(fromMs, toMs),
      clock,
      random: Math.random,
      log: createLog({ name: 'alerts', level: 'silent' }),
      onAlerts: () => undefined,
      onAttempt: () => undefined,
    },
  );
  return { alerts, stop: alerts.stop };
}
