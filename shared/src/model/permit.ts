import { z } from 'zod';
import {
  agentKeySchema,
  bitRateSchema,
  byteCountSchema,
  ispIdSchema,
  prefixSchema,
  slugSchema,
  timeMsSchema,
} from './identifiers.js';

/** Hours of the day in a zone. `to` before `from` wraps past midnight; equal means the whole day. */
export const hoursSchema = z.strictObject({
  from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be HH:MM'),
  to: z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be HH:MM'),
  timeZone: z.string().refine((zone) => {
    try {
      new Intl.DateTimeFormat('en', { timeZone: zone });
      return true;
    } catch {
      return false;
    }
  }, 'must be an IANA time zone such as Europe/London'),
});
export type Hours = z.infer<typeof hoursSchema>;

/** Limits that an ISP puts on the use of its subscribers' uplinks. What is absent is not limited. */
export const uplinkTermsSchema = z.strictObject({
  networks: z.array(prefixSchema).min(1).max(1024),
  maxRateBitsPerSecond: bitRateSchema.optional(),
  hours: hoursSchema.optional(),
  monthlyBytesPerSubscriber: byteCountSchema.optional(),
  categories: z.array(slugSchema).max(64).optional(),
  validFromMs: timeMsSchema,
  validUntilMs: timeMsSchema,
});
export type UplinkTerms = z.infer<typeof uplinkTermsSchema>;

/** An ISP's agreement, stated in its account: it permits the uplinks of all subscribers in `networks`. */
export const agreementSchema = uplinkTermsSchema.extend({
  id: slugSchema,
  isp: ispIdSchema,
  monthlyBytesTotal: byteCountSchema.optional(),
  /** What the ISP asks for uploaded bytes: 10^-9 of the currency's major unit per 10^9 bytes. */
  price: z
    .strictObject({ currency: z.string().regex(/^[A-Z]{3}$/), nanosPerGigabyte: z.int().min(0) })
    .optional(),
  withdrawnMs: timeMsSchema.optional(),
});
export type Agreement = z.infer<typeof agreementSchema>;

/** Claims of the permit that an ISP signs for one subscriber's agent (JWT, EdDSA, typ `fairhop-permit+jwt`). */
export const permitClaimsSchema = z.object({
  jti: z.string().min(1).max(64),
  iss: ispIdSchema,
  /** The coordinator that may use it. */
  aud: z.string().min(1).max(128),
  sub: agentKeySchema,
  nbf: z.int().min(0),
  exp: z.int().min(0),
  terms: uplinkTermsSchema.omit({ validFromMs: true, validUntilMs: true }),
});
export type PermitClaims = z.infer<typeof permitClaimsSchema>;

/** A permit in force for (agent, ISP), whichever way it came. This record is what the agent is told and repeats. */
export const permitSchema = z.strictObject({
  id: z.string().min(1).max(128),
  isp: ispIdSchema,
  agent: agentKeySchema,
  source: z.enum(['agreement', 'client']),
  terms: uplinkTermsSchema,
});
export type Permit = z.infer<typeof permitSchema>;
