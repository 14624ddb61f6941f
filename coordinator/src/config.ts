import { slugSchema } from '@fairhop/shared/model';
import { ribSourcesSchema, tlsFilesSchema } from '@fairhop/shared/service';
import { z } from 'zod';
import { oidcSchema } from './accounts/oidc-config.js';

const httpUrlSchema = z.url({ protocol: /^https?$/ });
/** As browsers send it (RFC 6454 §6.2): no path, and no port that goes without saying. */
const originSchema = httpUrlSchema.refine((url) => URL.canParse(url) && new URL(url).origin === url, {
  error: 'must be an origin such as https://studio.example, without a path',
});

export const coordinatorConfigSchema = z.strictObject({
  /** Names this coordinator in tokens and to ISPs that sign permits for it. */
  id: slugSchema.default('coordinator'),
  /** The address or name that it listens on. */
  host: z.string().min(1).default('127.0.0.1'),
  /** 0 takes any free port. */
  port: z.int().min(0).max(65_535).default(4601),
  /** PEM files of the certificate with its chain, and of its key: the service then speaks HTTPS and WSS. */
  tls: tlsFilesSchema.optional(),
  /** Base URL as clients reach it; by default where it listens. */
  publicUrl: httpUrlSchema.optional(),
  /** Its database, keys, and the operator's token; for this service alone. */
  dataDirectory: z.string().min(1).default('fairhop-data/coordinator'),
  /** ASes, ISPs, prefixes and links (JSON); without it no ISP is known and nobody may upload. */
  asGraphFile: z.string().min(1).optional(),
  /** How often the file is looked at; a change holds without a restart. */
  asGraphCheckIntervalMs: z.int().min(100).max(3_600_000).default(2_000),
  /** Relationships of ASes in CAIDA's format (serial-1 or serial-2), read at the start: for ways of which the AS graph's links know none. */
  asRelationshipsFile: z.string().min(1).optional(),
  /** RIB dumps of routers and collectors, followed as they are written: AS paths by BGP go before inferred ones. */
  ribSources: ribSourcesSchema.default([]),
  /** How often they are looked at; a dump is read once it stayed the same between two looks. */
  ribCheckIntervalMs: z.int().min(100).max(3_600_000).default(1_000),
  /** Where agents and edges report. */
  accountingUrl: httpUrlSchema.default('http://127.0.0.1:4602'),
  /** By default made on the first start and kept in `operator.token` of the data directory. */
  operatorToken: z.string().min(16).max(200).optional(),
  /** Addresses outside the AS graph's prefixes are looked up in a dataset that comes along. */
  useBundledAsnDataset: z.boolean().default(true),
  /** What is still unknown is asked of Team Cymru's service over the network. */
  useLiveAsnSource: z.boolean().default(false),
  /** Origins of pages that may open sessions, such as `https://studio.example`. Agents send none; other pages are refused. */
  allowedOrigins: z.array(originSchema).max(1_000).default([]),
  /** Whether ISPs may name ALTO servers at private, loopback or other addresses that are not public: an ISP then has this machine ask hosts of the operator's own network. */
  altoPrivateAddresses: z.boolean().default(false),
  /** Of one client address. A heartbeat every 2 seconds and a landing now and then stay far below. */
  requestsPerMinute: z.int().min(1).max(1_000_000).default(6_000),
  /**
   * OpenID Connect: users whose e-mail the identity provider vouches for log in there too. Its redirect URI is `/v1/oidc/callback` of
   * `publicUrl`.
   */
  oidc: oidcSchema.optional(),
  /** Random questions to downloaders about pieces that they acknowledged. */
  audits: z
    .strictObject({
      /** Of each acknowledged piece; 0 asks nobody. */
      probabilityPerPiece: z.number().min(0).max(1).default(0.01),
      answerTimeoutMs: z.int().min(100).max(60_000).default(5_000),
    })
    .prefault({}),
  /** Of the JSON lines on standard error: this level and those above. */
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});
export type CoordinatorConfig = z.output<typeof coordinatorConfigSchema>;
