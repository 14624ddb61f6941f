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
  `
  ALTER TABLE budget RENAME TO budget_1;
  CREATE TABLE budget (
    id TEXT PRIMARY KEY,
    since_ms INTEGER NOT NULL,
    document TEXT NOT NULL
  ) STRICT;
  INSERT INTO budget SELECT id, created_ms, json_object('id', id, 'owner', owner, 'limitBytes', limit_bytes,
    'period', period, 'timeZone', time_zone, 'stepsPercent', json(steps_percent),
    'webhook', json_object('url', webhook_url, 'secret', webhook_secret)) FROM budget_1;

  CREATE TABLE step_state (
    budget TEXT NOT NULL,
    period_start_ms INTEGER NOT NULL,
    step_percent INTEGER NOT NULL,
    occurrence INTEGER NOT NULL,
    status TEXT NOT NULL,
    PRIMARY KEY (budget, period_start_ms, step_percent)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO step_state SELECT budget, period_start_ms, step_percent, count(*), 'active'
    FROM alert WHERE budget IN (SELECT id FROM budget) GROUP BY budget, period_start_ms, step_percent;
  UPDATE step_state SET status = 'over' WHERE period_start_ms <
    (SELECT max(period_start_ms) FROM alert WHERE alert.budget = step_state.budget);

  CREATE TABLE message (
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    subject TEXT NOT NULL,
    facts TEXT NOT NULL,
    payload TEXT NOT NULL
  ) STRICT;
  CREATE INDEX message_by_subject ON message (subject, sequence);
  CREATE TABLE delivery (
    message INTEGER NOT NULL REFERENCES message (sequence),
    channel TEXT NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    attempts_left INTEGER NOT NULL,
    next_attempt_ms INTEGER,
    delivered_ms INTEGER,
    last_error TEXT,
    PRIMARY KEY (message, channel)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX delivery_waiting ON delivery (subject, channel, message) WHERE state = 'waiting';
  INSERT INTO message (id, subject, facts, payload)
    SELECT id, budget, json_object('kind', 'reached', 'reason', NULL, 'stepPercent', step_percent, 'occurrence', 1,
      'action', NULL, 'periodStartMs', period_start_ms, 'thresholdBytes', threshold_bytes, 'usedBytes', used_bytes,
      'forecastBytes', NULL, 'crossedMs', crossed_ms), payload
    FROM alert ORDER BY crossed_ms, threshold_bytes, id;
  INSERT INTO delivery (message, channel, subject, state, attempts, attempts_left, next_attempt_ms, delivered_ms, last_error)
    SELECT sequence, 'webhook', alert.budget,
      CASE WHEN delivered_ms IS NOT NULL THEN 'delivered' WHEN next_attempt_ms IS NOT NULL THEN 'waiting'
        WHEN last_error = 'the budget was removed' THEN 'abandoned' ELSE 'dead' END,
      attempts, max(0, 60 - attempts), next_attempt_ms, delivered_ms, last_error
    FROM alert JOIN message USING (id);
  DROP TABLE alert;
  DROP TABLE budget_1;

  CREATE TABLE action_feed (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL,
    orders TEXT NOT NULL,
    taken_revision INTEGER NOT NULL
  ) STRICT;
  INSERT INTO action_feed VALUES (1, 0, '[]', 0);
  `,
];
