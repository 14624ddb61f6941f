import type { Client, coordinatorEndpoints } from '@fairhop/shared/contract';
import { edgeProofBytes, type Identity } from '@fairhop/shared/crypto';
import { FairhopError, type PublicKey } from '@fairhop/shared/model';
import { type Clock, type Logger, sleep } from '@fairhop/shared/service';
import type { BudgetRefusals } from '../limits/budget-refusals.js';
import type { TransferLimits } from '../limits/transfer-limits.js';
import type { CoordinatorKnowledge, CoordinatorState } from './coordinator-state.js';

const callTimeoutMs = 5_000;
/** Asking again for keys and time; a clock drifts by less than a millisecond in it. */
const learnIntervalMs = 60_000;
/** A token with an unknown key makes the edge ask for keys, at most so often; until then its request waits. */
const unknownKeyIntervalMs = 1_000;
const maxBackoffMs = 5_000;
/** While policies are in force what the edge may send follows what others send; while budgets are, what they do not allow ends soon. */
const limitedHeartbeatMs = 1_000;
/** After news: what comes within it is told at once. */
const hurriedHeartbeatMs = 250;

export type CoordinatorClient = Pick<
  Client<typeof coordinatorEndpoints>,
  'info' | 'jwks' | 'registerEdge' | 'edgeHeartbeat' | 'getContentSource'
>;

export interface CoordinatorLinkConfig {
  id: string;
  coordinatorUrl: string;
  joinToken?: string | undefined;
  heartbeatMs: number;
}

export interface CoordinatorLinkDependencies {
  client: CoordinatorClient;
  state: CoordinatorState;
  identity: Identity;
  clock: Clock;
  log: Logger;
  /** What policies let this edge send. */
  limits: Pick<TransferLimits, 'transfers' | 'apply'>;
  /** Whom budgets keep away. */
  refusals: Pick<BudgetRefusals, 'judgedMs' | 'apply'>;
  /** Asked for a join token when there is none in the configuration. */
  makeJoinToken?(): Promise<string | undefined>;
  /** A content was withdrawn, or published again. */
  onChange(contentId: string, state: 'published' | 'withdrawn'): void;
}

/** The edge's tie to its coordinator: registration, heartbeats, keys, time. */
export interface CoordinatorLink {
  /** The coordinator's time. */
  readonly clock: Clock;
  /**
   * Registers, or tells that the edge is there again; `url` is where clients reach it. Throws what the coordinator refuses
   * with, and `join-token-missing`; a coordinator that is away is tried again for as long as the edge runs.
   */
  start(url: string): Promise<void>;
  stop(): Promise<void>;
  /** There is news for the coordinator that does not wait for the next heartbeat. False where the coordinator is away. */
  beatSoon(): boolean;
  /** Throws `not-registered` until the edge is registered once. */
  checkReady(): void;
  keyOf(kid: string): Promise<PublicKey | undefined>;
  /** Issuer of the tokens that this edge believes. */
  readonly coordinatorId: string | undefined;
}

export function createCoordinatorLink(
  config: CoordinatorLinkConfig,
  dependencies: CoordinatorLinkDependencies,
): CoordinatorLink {
  const { client, state, identity, clock, log, limits, refusals, makeJoinToken, onChange } = dependencies;
  const stopping = new AbortController();
  const options = { signal: stopping.signal, timeoutMs: callTimeoutMs };
  let url = '';
  let learntMs = Number.NEGATIVE_INFINITY;
  let askedForKeysMs = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;
  let proofMs = 0;
  let failures = 0;
  let isLimited = false;
  let isHurried = false;
  let timer: NodeJS.Timeout | undefined;
  let beating: Promise<void> | undefined;

  const nowMs = (): number => clock.nowMs() + (state.known?.clockOffsetMs ?? 0);

  const learn = async (): Promise<void> => {
    const askedMs = clock.nowMs();
    const info = await client.info({}, options);
    const answeredMs = clock.nowMs();
    const { keys } = await client.jwks({}, options);
    const before = state.known;
    if (before !== undefined && before.coordinatorId !== info.id) {
      log.warn({ before: before.coordinatorId, now: info.id }, 'another coordinator answers at this URL');
    }
    const same = before?.coordinatorId === info.id ? before : undefined;
    const accountingUrl = info.accountingUrl ?? same?.accountingUrl;
    const knowledge: CoordinatorKnowledge = {
      withdrawnRevision: 0,
      ...same,
      coordinatorUrl: config.coordinatorUrl,
      coordinatorId: info.id,
      keys: Object.fromEntries(keys.map(({ kid, x }) => [kid, x])),
      clockOffsetMs: Math.round(info.timeMs - (askedMs + answeredMs) / 2),
      ...(accountingUrl !== undefined && { accountingUrl }),
    };
    state.update(knowledge);
    learntMs = answeredMs;
  };

  /** One at a time, for all who wait: after a rotation nobody is refused because another asked a moment before. */
  const askForKeys = async (): Promise<void> => {
    const waitMs = askedForKeysMs + unknownKeyIntervalMs - clock.nowMs();
    try {
      if (waitMs > 0) await sleep(Math.min(waitMs, unknownKeyIntervalMs), stopping.signal);
      askedForKeysMs = clock.nowMs();
      await learn();
    } catch (error) {
      if (!stopping.signal.aborted) log.warn({ err: error }, 'the coordinator’s keys cannot be asked for');
    }
  };

  const proof = (coordinator: string): { timeMs: number; signature: string } => {
    // Each proof is later than the one before: the coordinator takes none twice.
    proofMs = Math.max(nowMs(), proofMs + 1);
    const timeMs = proofMs;
    const bytes = edgeProofBytes({ coordinator, edge: config.id, url, timeMs });
    return { timeMs, signature: Buffer.from(identity.sign(bytes)).toString('base64url') };
  };

  const register = async (known: CoordinatorKnowledge): Promise<void> => {
    const joinToken = config.joinToken ?? (await makeJoinToken?.());
    if (joinToken === undefined) {
      const message = `edge ${config.id} is not registered with ${config.coordinatorUrl}; start it with --join-token, which \`fairhop coordinator join-token\` makes there`;
      throw new FairhopError('join-token-missing', message, { status: 401 });
    }
    const body = {
      joinToken,
      id: config.id,
      key: identity.key,
      url,
      ...proof(known.coordinatorId),
    };
    await client.registerEdge({ body }, options);
    log.info({ edge: config.id }, 'registered with the coordinator');
  };

  const heartbeat = async (known: CoordinatorKnowledge): Promise<void> => {
    const transfers = limits.transfers(refusals.judgedMs);
    const answer = await client.edgeHeartbeat(
      {
        params: { id: config.id },
        body: {
          url,
          withdrawnRevision: known.withdrawnRevision,
          ...(transfers.length > 0 && { transfers }),
          ...proof(known.coordinatorId),
        },
      },
      options,
    );
    const { changes, withdrawnRevision, accountingUrl, accessToken, expiresMs } = answer;
    isLimited = answer.limits !== undefined || answer.budgets !== undefined;
    limits.apply(answer.limits, transfers);
    refusals.apply(answer.budgets, transfers);
    state.update({
      // What was learnt while the heartbeat was under way stays.
      ...(state.known ?? known),
      registeredAs: config.id,
      access: { accessToken, expiresMs },
      ...(accountingUrl !== undefined && { accountingUrl }),
    });
    if (changes.length > 0 || withdrawnRevision !== known.withdrawnRevision) {
      state.applyChanges(changes, withdrawnRevision);
    }
    for (const change of changes) onChange(change.contentId, change.state);
  };

  const beat = async (): Promise<void> => {
    if (clock.nowMs() - learntMs >= learnIntervalMs || state.known === undefined) await learn();
    try {
      await heartbeat(state.known!);
    } catch (error) {
      // Asked first, since an edge may have died after its join token was used up and before it knew.
      if (!isUnknownEdge(error)) throw error;
      await learn();
      await register(state.known!);
      await heartbeat(state.known!);
    }
  };

  const schedule = (): void => {
    const heartbeatMs = isLimited ? Math.min(limitedHeartbeatMs, config.heartbeatMs) : config.heartbeatMs;
    const delayMs = Math.min(maxBackoffMs, heartbeatMs * 2 ** Math.min(failures, 10));
    wait(isHurried && failures === 0 ? Math.min(hurriedHeartbeatMs, delayMs) : delayMs);
  };

  const wait = (delayMs: number): void => {
    timer = setTimeout(
      () => {
        timer = undefined;
        isHurried = false;
        beating = beat()
          .then(
            () => {
              if (failures > 0) log.info('the coordinator answers again');
              failures = 0;
            },
            (error: unknown) => {
              if (stopping.signal.aborted) return;
              // Keys and time are asked for again with the next contact.
              learntMs = Number.NEGATIVE_INFINITY;
              if (failures === 0)
                log.warn({ err: error }, 'no heartbeat with the coordinator; it is tried again');
              failures += 1;
            },
          )
          .finally(() => {
            if (!stopping.signal.aborted) schedule();
          });
      },
      failures === 0 ? delayMs : delayMs * (0.5 + Math.random() / 2),
    );
  };

  return {
    clock: { nowMs },
    get coordinatorId() {
      return state.known?.coordinatorId;
    },
    start: async (reachableUrl) => {
      url = reachableUrl;
      try {
        await beat();
      } catch (error) {
        if (!isTemporary(error)) throw error;
        failures = 1;
        log.warn({ err: error }, 'the coordinator is away; it is tried again');
      }
      schedule();
    },
    stop: async () => {
      stopping.abort();
      clearTimeout(timer);
      await beating;
    },
    beatSoon() {
      if (failures > 0 || stopping.signal.aborted) return false;
      if (isHurried) return true;
      isHurried = true;
      if (timer === undefined) return true;
      clearTimeout(timer);
      schedule();
      return true;
    },
    checkReady: () => {
      if (state.known?.registeredAs === config.id) return;
      throw new FairhopError(
        'not-registered',
        `edge ${config.id} is not registered with its coordinator yet`,
        {
          status: 503,
        },
      );
    },
    keyOf: async (kid) => {
      const key = state.known?.keys[kid];
      if (key !== undefined) return key;
      asking ??= askForKeys().finally(() => {
        asking = undefined;
      });
      await asking;
      return state.known?.keys[kid];
    },
  };
}

/** Away, or of another opinion about the time, which the next contact settles. */
const isTemporary = (error: unknown): boolean =>
  error instanceof FairhopError &&
  (error.status === undefined ||
    error.status >= 500 ||
    error.code === 'edge-proof-expired' ||
    error.code === 'edge-proof-replayed');

const isUnknownEdge = (error: unknown): boolean => error instanceof FairhopError && error.status === 404;
