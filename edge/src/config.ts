import { bitRateSchema, MAX_PART_MS, MAX_PIECE_LENGTH_BYTES, slugSchema } from '@fairhop/shared/model';
import { tracingConfigSchema } from '@fairhop/shared/probe';
import { tlsFilesSchema } from '@fairhop/shared/service';
import { z } from 'zod';

const httpUrlSchema = z.url({ protocol: /^https?$/ });

export const DEFAULT_EDGE_PORT = 4603;

export const edgeConfigSchema = z.strictObject({
  /** Names this edge to the coordinator, and in queries. */
  id: slugSchema.default('edge'),
  /** The address or name that it listens on. */
  host: z.string().min(1).default('127.0.0.1'),
  /** 0 takes any free port. */
  port: z.int().min(0).max(65_535).default(DEFAULT_EDGE_PORT),
  /** PEM files of the certificate with its chain, and of its key: the edge then speaks HTTPS. */
  tls: tlsFilesSchema.optional(),
  /** What clients reach this edge at; without it the address that it listens on. */
  publicUrl: httpUrlSchema.optional(),
  /** Its identity and the pieces that it keeps; for this service alone. */
  dataDirectory: z.string().min(1).default('fairhop-data/edge'),
  /** Most bytes of pieces on disk. The largest piece must fit. */
  cacheBytes: z
    .int()
    .min(MAX_PIECE_LENGTH_BYTES, `must be at least ${MAX_PIECE_LENGTH_BYTES}: the largest piece must fit`)
    .default(10 * 1024 ** 3),
  /** Directory that titles with an origin of kind `directory` are filled from. */
  originDirectory: z.string().min(1).optional(),
  /** The coordinator that it joins. */
  coordinatorUrl: httpUrlSchema.default('http://127.0.0.1:4601'),
  /** One-time token of the first start; the identity in the data directory takes its place. */
  joinToken: z.string().min(1).max(200).optional(),
  /** Where reports go; without it the coordinator tells. */
  accountingUrl: httpUrlSchema.optional(),
  /** Cap of the whole edge, payload counted. */
  rateBitsPerSecond: bitRateSchema.min(8_000, 'must be at least 8000 (1 kB/s)').optional(),
  /** Responses at the same time: each holds up to 512 KiB of buffers. */
  maxResponses: z.int().min(1).max(100_000).default(2_048),
  /** Of these to one address, so that one that reads slowly leaves room; agents behind one address share it. */
  maxResponsesPerAddress: z.int().min(1).max(100_000).default(512),
  /** Of one client address. An agent asks for a piece, 256 KiB or more, at a time. */
  requestsPerMinute: z.int().min(1).max(10_000_000).default(120_000),
  /** A reported part is cut at the latest after this long. */
  maxPartMs: z.int().min(5_000).max(MAX_PART_MS).default(MAX_PART_MS),
  /** How often it tells the coordinator that it is there, and what it keeps. */
  heartbeatMs: z.int().min(100).max(60_000).default(2_000),
  /** An origin that sends nothing for so long is taken as gone. */
  originTimeoutMs: z.int().min(100).max(300_000).default(15_000),
  /** A response of which nothing can be written for so long is ended. */
  writeTimeoutMs: z.int().min(100).max(600_000).default(60_000),
  /** Traceroutes towards clients that take more than a few megabytes. */
  tracing: tracingConfigSchema.prefault({}),
  /** Of the JSON lines on standard error: this level and those above. */
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});
export type EdgeConfig = z.output<typeof edgeConfigSchema>;
