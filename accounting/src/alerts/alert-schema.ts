import type { Migration } from '@fairhop/shared/service';

export const alertMigrations: readonly Migration[] = [
  `
  CREATE TABLE budget (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    limit_bytes INTEGER NOT NULL,
    period TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    steps_percent TEXT NOT NULL,
    webhook_url TEXT NOT NULL,
    webhook_secret TEXT NOT NULL,
    created_ms INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE alert (
    id TEXT PRIMARY KEY,
    budget TEXT NOT NULL,
    step_percent INTEGER NOT NULL,
    period_start_ms INTEGER NOT NULL,
    terms TEXT NOT NULL,
    threshold_bytes INTEGER NOT NULL,
    used_bytes INTEGER NOT NULL,
    crossed_ms INTEGER NOT NULL,
    payload TEXT NOT NULL,
    delivered_ms INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_ms INTEGER,
    last_error TEXT,
    UNIQUE (budget, terms, period_start_ms, step_percent)
  ) STRICT;
  CREATE INDEX alert_due ON alert (next_attempt_ms) WHERE next_attempt_ms IS NOT NULL;
  `,
];
