import type { Clock, HttpService, Logger } from '@fairhop/shared/service';
import { Counter, Gauge } from 'prom-client';
import type { Access } from './access.js';
import type { Cleanups } from './cleanups.js';
import type { AccountingConfig } from './config.js';
import { createQuarantineFeedback } from './feedback/index.js';
import type { Ledger } from './ledger/index.js';
import {
  addSuspectRoutes,
  askCoordinator,
  type CheckDraws,
  createSuspects,
  type QuarantinePlace,
  type Suspects,
} from './suspects/index.js';

export interface SuspectsParts {
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly ledger: Ledger;
  readonly http: HttpService;
  readonly auth: Access['auth'];
  readonly cleanups: Cleanups;
  /** Of a file in the data directory. */
  readonly file: (name: string) => string;
  /** In place of the coordinator that is configured. */
  readonly quarantine?: QuarantinePlace | undefined;
  readonly checkDraws?: CheckDraws | undefined;
}

/** Before `http` starts: it gets a route. What is returned looks at the ledger once it is started. */
export function startSuspects(config: AccountingConfig, parts: SuspectsParts): Suspects {
  const { log, clock, random, ledger, http, auth, cleanups, file } = parts;
  const { coordinatorUrl, coordinatorToken } = config;
  const registers = [http.registry];
  const name = (of: string): string => `fairhop_accounting_${of}`;
  const found = new Counter({
    ...{
      name: name('suspicions_total'),
      help: 'Suspicions found by check',
      labelNames: ['check'],
      registers,
    },
  });
  const moves = new Counter({
    name: name('quarantines_total'),
    help: 'Agents that were put into quarantine, and that left it',
    labelNames: ['outcome'],
    registers,
  });
  const feedback = createQuarantineFeedback(
    { file: file('feedback.db'), coordinatorUrl, coordinatorToken },
    { log, clock, random },
  );
  let stopping: Promise<void> | undefined;
  const stopFeedback = (): Promise<void> => {
    stopping ??= feedback.stop();
    return stopping;
  };
  cleanups.add(stopFeedback);
  if (parts.quarantine === undefined) feedback.start();
  const coordinator =
    coordinatorToken === undefined ? undefined : askCoordinator(coordinatorUrl, coordinatorToken);
  const suspects = createSuspects(file('suspects.db'), config.suspects, {
    ...{ database: ledger.database, contradictions: ledger.contradictions, clock, log },
    setQuarantined: (agent, isQuarantined) => ledger.beliefs.setQuarantined(agent, isQuarantined),
    place: parts.quarantine ?? feedback,
    checkDraws: parts.checkDraws ?? coordinator?.check,
    onFound: (check) => found.inc({ check }),
    onQuarantined: () => moves.inc({ outcome: 'begun' }),
    onReleased: () => moves.inc({ outcome: 'ended' }),
  });
  new Gauge({
    name: name('quarantined_agents'),
    help: 'Agents in quarantine by what accounting found',
    registers,
    collect() {
      this.set(suspects.quarantined);
    },
  });
  // What is asked of the coordinator ends first, so that nobody waits for its answer.
  cleanups.add(() => Promise.all([coordinator?.stop(), stopFeedback(), suspects.stop()]));
  http.routes((app) => addSuspectRoutes(app, { auth, suspects }));
  return suspects;
}
