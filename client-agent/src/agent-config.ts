import { bitRateSchema, byteCountSchema, hoursSchema, MAX_PART_MS } from '@fairhop/shared/model';
import { tracingConfigSchema } from '@fairhop/shared/probe';
import { z } from 'zod';

/** Configuration of an agent. Sizes in bytes, rates in bits of payload a second. */
export const agentConfigSchema = z.strictObject({
  /** Base URL of the coordinator, http or https. Default: that of a `fairhop up` on this machine. */
  coordinatorUrl: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL such as http://127.0.0.1:4601' })
    .default('http://127.0.0.1:4601'),
  /** Identity, contents and reports that are not acknowledged yet; one process at a time. */
  dataDirectory: z.string().min(1),
  /** Address of this machine that HTTP, WebSocket and ICE are bound to. Absent: the system chooses. */
  bindAddress: z.union([z.ipv4(), z.ipv6()], 'must be an IPv4 or IPv6 address').optional(),
  /** STUN servers that tell the mapped address behind a NAT, as `stun:host:port`. */
  iceServers: z
    .array(
      z
        .string()
        .regex(/^stun:[^:/?#]+(:\d{1,5})?$|^stun:\[[0-9a-fA-F:.]+\](:\d{1,5})?$/, 'must be stun:host:port'),
    )
    .max(8)
    .default([]),
  /** Whether the user agreed to upload to others. Nobody is asked to upload before. */
  consent: z.boolean().default(false),
  /** Upload rate over all transfers. 5 Mbit/s leaves a common uplink of 10 to 40 usable. */
  uploadRateBitsPerSecond: bitRateSchema.default(5_000_000),
  /** Uploads at a time. 16 keep one uplink busy whoever of them pauses. */
  uploadSlots: z.int().min(0).max(256).default(16),
  /** Bytes that may be uploaded in a calendar month (UTC). */
  monthlyUploadBytes: byteCountSchema.default(20_000_000_000),
  /** Hours of the day in which uploading is allowed. Absent: always. */
  uploadHours: hoursSchema.optional(),
  /** Download rate over all sources. Absent: unlimited. */
  downloadRateBitsPerSecond: bitRateSchema.optional(),
  /**
   * A download slower than this, and than what the edge alone would give as far as that was seen (else 5 Mbit/s), gets any
   * piece from other ISPs and then from the edge, so that slow peers never make it worse than the edge alone. 20 Mbit/s
   * plays ultra high definition.
   */
  qualityFloorBitsPerSecond: z.int().min(0).default(20_000_000),
  /** Peers that one download is connected to. Each costs a channel; more do not fill a common downlink better. */
  maxPeers: z.int().min(0).max(64).default(24),
  /** Bytes of content kept on disk. */
  diskBudgetBytes: byteCountSchema.default(50_000_000_000),
  /** Permit that the ISP signed for this subscriber (a compact JWT), if the user was given one. */
  permitToken: z.string().max(16_384).optional(),
  /** How long a reported part of a transfer may be. Shorter parts tell the ledger, and its budgets, earlier. */
  maxPartMs: z.int().min(5_000).max(MAX_PART_MS).default(MAX_PART_MS),
  /** Traceroutes towards those who download from this agent. */
  tracing: tracingConfigSchema
    .extend({
      /** Also towards those it downloads from: that describes their way back, and orders no path. */
      reverse: z.boolean().default(false),
    })
    .prefault({}),
  /** How long a download waits without any source before it ends. */
  noSourcesTimeoutMs: z.int().min(1000).default(60_000),
});
export type AgentConfig = z.output<typeof agentConfigSchema>;
export type AgentConfigInput = z.input<typeof agentConfigSchema>;
