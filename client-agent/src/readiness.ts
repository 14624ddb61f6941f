import type { Readiness } from '@fairhop/shared/contract';
import type { UploadDecision } from './upload/index.js';

export interface ReadinessInput {
  readonly decision: UploadDecision;
  readonly permitId: string | undefined;
  readonly slots: number;
  readonly rateBitsPerSecond: number;
}

/** What the coordinator is told; with the permit that applies, as it was told. */
export function readinessOf({ decision, permitId, slots, rateBitsPerSecond }: ReadinessInput): Readiness {
  return {
    ready: decision.ready,
    reasons: decision.reasons.slice(0, 16).map((reason) => reason.slice(0, 200)),
    ...(permitId !== undefined && { permitId }),
    slots,
    rateBitsPerSecond,
    bytesLeft: decision.bytesLeft,
  };
}

/** Whether the coordinator should hear of it now; the volume that is left matters by tenths. */
export function isNews(told: Readiness | undefined, now: Readiness): boolean {
  if (told === undefined || told.ready !== now.ready || told.permitId !== now.permitId) return true;
  if (told.slots !== now.slots || told.rateBitsPerSecond !== now.rateBitsPerSecond) return true;
  if (told.reasons.join() !== now.reasons.join()) return true;
  return now.bytesLeft < 0.9 * told.bytesLeft || now.bytesLeft > told.bytesLeft;
}
