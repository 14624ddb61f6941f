export interface SessionServerConfig {
  readonly coordinatorId: string;
  readonly accountingUrl: string | null;
  /** `Origin`s of pages that may open sessions; agents send none. */
  readonly allowedOrigins: readonly string[];
  /** How long a grant is good for; transfers that take longer ask again. */
  readonly grantLifetimeMs: number;
  /** A grant whose uploader is not heard for so long is no transfer, and its slot another's. */
  readonly answerTimeoutMs: number;
  readonly edgeUrlLifetimeMs: number;
  /** Access tokens are renewed when a third of it is left. */
  readonly accessLifetimeMs: number;
  readonly helloTimeoutMs: number;
  readonly pingIntervalMs: number;
  /** Grants of an agent whose session broke are kept so long for it to come back. */
  readonly reconnectGraceMs: number;
  /** The same after a restart of the coordinator, when all agents come back at once, each after a wait of its own. */
  readonly restartGraceMs: number;
  /** Joins within it are told to others at once. */
  readonly noticeDelayMs: number;
  /** Agents and those not yet proven; a socket takes about 30 KiB. */
  readonly maxConnections: number;
  /** Behind one IPv4 address or /64 of IPv6: a household, an office, carrier-grade NAT. */
  readonly maxConnectionsPerAddress: number;
  /** Of all connections, those that did not prove a key yet: strangers must not keep agents out. */
  readonly maxUnproven: number;
}

export const sessionServerDefaults: Omit<SessionServerConfig, 'coordinatorId' | 'accountingUrl'> = {
  allowedOrigins: [],
  grantLifetimeMs: 10 * 60_000,
  // Agents give a channel up after 15 seconds, and the order has to reach them first.
  answerTimeoutMs: 20_000,
  edgeUrlLifetimeMs: 60 * 60_000,
  accessLifetimeMs: 15 * 60_000,
  helloTimeoutMs: 10_000,
  pingIntervalMs: 15_000,
  reconnectGraceMs: 10_000,
  restartGraceMs: 60_000,
  noticeDelayMs: 250,
  maxConnections: 120_000,
  maxConnectionsPerAddress: 1_024,
  maxUnproven: 20_000,
};
