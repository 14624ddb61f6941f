import { budgetReceiversSchema } from '@fairhop/shared/contract';
import { ribSourcesSchema, tlsFilesSchema } from '@fairhop/shared/service';
import { z } from 'zod';
import { smtpSchema } from './alerts/index.js';
import { contractsSchema } from './matching/index.js';
import { suspectsSchema } from './suspects/index.js';

/** The longest wait that Node's timers take. */
const MAX_TIMER_MS = 2_147_483_647;
const intervalMs = (defaultMs: number) => z.int().min(100).max(MAX_TIMER_MS).default(defaultMs);

export const accountingConfigSchema = z.strictObject({
  /** Ledger, budgets and alerts, the operator's token; for this service alone. */
  dataDirectory: z.string().min(1).default('fairhop-data/accounting'),
  /** The address or name that it listens on. */
  host: z.string().min(1).default('127.0.0.1'),
  /** 0 takes any free one. */
  port: z.int().min(0).max(65_535).default(4602),
  /** PEM files of the certificate with its chain, and of its key: the service then speaks HTTPS. */
  tls: tlsFilesSchema.optional(),
  /** JSON file of ASes, ISPs, prefixes and links; loaded anew when it changes. */
  asGraphFile: z.string().min(1),
  /** How often the file is looked at. */
  asGraphCheckIntervalMs: intervalMs(2_000),
  /** Relationships of ASes in CAIDA's format (serial-1 or serial-2), read at the start: for ways of which the AS graph's links know none. */
  asRelationshipsFile: z.string().min(1).optional(),
  /** Whose keys are believed. */
  coordinatorUrl: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:4601'),
  /** Its id: tokens and grants that name another one are refused. */
  coordinatorId: z.string().min(1).max(128).default('coordinator'),
  /** The coordinator's operator token, to put suspects into quarantine there and to tell what budgets order; without it suspects are only listed, and budgets cannot act. */
  coordinatorToken: z.string().min(16).max(1_024).optional(),
  /** What queries, budgets and audits take; made in the data directory (file `operator.token`) when it is not given. */
  operatorToken: z.string().min(16).max(1_024).optional(),
  /** Look addresses outside the operator's prefixes up in the bundled dataset of AS numbers. */
  useBundledAsnDataset: z.boolean().default(true),
  /** Files `<isp>.json` in which ISPs declare their networks; followed while running. */
  topologyDirectory: z.string().min(1).optional(),
  /** How often the files of that directory are looked at. */
  topologyCheckIntervalMs: intervalMs(2_000),
  /** RIB dumps (MRT) of routers and route collectors; followed while running. */
  ribSources: ribSourcesSchema.default([]),
  /** How often they are looked at. */
  ribCheckIntervalMs: intervalMs(1_000),
  /** Different dumps that are kept of each table of each router: as far back as late reports get the route of their time. */
  ribSnapshots: z.int().min(1).max(1_000).default(12),
  /** A database of places in MaxMind's format; by default the bundled one, of countries. */
  placesFile: z.string().min(1).optional(),
  /** Of one client address: all agents behind one carrier-grade NAT report a few times a minute. */
  requestsPerMinute: z.int().min(1).max(1_000_000).default(30_000),
  /** Batches received and booked at the same time; more are told to come again. */
  maxConcurrentBatches: z.int().min(1).max(256).default(8),
  /** How long an owner's bytes that one side claims are held, and what difference is no dispute, by its contract's class. */
  contracts: contractsSchema.default({ classes: {}, owners: {} }),
  /** How often claims are looked through for those that were held long enough. */
  claimCheckIntervalMs: intervalMs(5_000),
  /** What makes an agent suspicious, and from when on it is put into quarantine. */
  suspects: suspectsSchema.prefault({}),
  /**
   * Single events are kept for so many days at least, and until what they are invoiced by is settled for good; rollups for ever. Without
   * it nothing is dropped.
   */
  keepEventDays: z.int().min(100).max(36_500).optional(),
  /** How often the ledger is looked through for events that may go. */
  retentionIntervalMs: intervalMs(3_600_000),
  /** How often the ledger is audited. */
  auditIntervalMs: intervalMs(3_600_000),
  /** How often all budgets are looked at, beside after each booking. */
  budgetCheckIntervalMs: intervalMs(60_000),
  /** Wait before the second attempt to deliver an alert; it doubles with each further one, up to an hour. */
  webhookRetryBaseMs: intervalMs(1_000),
  /** How long an attempt may take, by webhook or by e-mail. */
  webhookTimeoutMs: intervalMs(10_000),
  /** Then an alert is dead. With an hour between the later ones 60 are about two days: a receiver may be down over a day. */
  alertAttempts: z.int().min(1).max(1_000).default(60),
  /** The mail server that takes alerts; without it budgets cannot tell by e-mail. */
  smtp: smtpSchema.optional(),
  /** Who is told what schedules find; without them it is only listed. */
  alertReceivers: budgetReceiversSchema.optional(),
  /** Of the JSON lines on standard error: this level and those above. */
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});
export type AccountingConfig = z.infer<typeof accountingConfigSchema>;
