import { BIN_MS } from '@fairhop/shared/model';
import type { TransferEvent } from './event.js';

/** Hours since the epoch that fit a rollup key beside its subject: up to the year 2448. */
export const MAXIMUM_HOURS = 2 ** 22;
const maximumBinMs = MAXIMUM_HOURS * 3_600_000 - BIN_MS;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const maximumPart = 1_000_000;

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

/** What makes the rows of one part impossible to book, undefined when nothing does. */
export function partFault(events: readonly TransferEvent[]): string | undefined {
  const [first] = events;
  let before: TransferEvent | undefined;
  for (const event of events) {
    const fault = eventFault(event);
    if (fault !== undefined) return fault;
    if (event.transferId !== first!.transferId || event.part !== first!.part) {
      return `part ${event.part} of transfer ${event.transferId} is told with part ${first!.part} of transfer ${first!.transferId}; one part in a message is right`;
    }
    if (before !== undefined && !follows(before, event)) {
      return `bin ${event.binMs} from ${event.startMs} is told after bin ${before.binMs} to ${before.endMs}; times that rise, with bytes that join, are right`;
    }
    before = event;
  }
  return undefined;
}

const follows = (before: TransferEvent, event: TransferEvent): boolean =>
  (event.binMs > before.binMs ||
    (event.binMs === before.binMs && event.startMs > before.startMs && event.startMs >= before.endMs)) &&
  event.fromBytes === (before.fromBytes === undefined ? undefined : before.fromBytes + before.bytes);

/** What makes an event impossible to book, undefined when nothing does. The numbers are exact integers up to 2^53 − 1. */
function eventFault(event: TransferEvent): string | undefined {
  const { transferId, binMs, part, startMs, endMs } = event;
  if (!uuid.test(transferId)) return `transferId is ${transferId}; a UUID is right`;
  if (!isCount(binMs) || binMs % BIN_MS !== 0 || binMs > maximumBinMs) {
    return `binMs is ${binMs}; the start of a 5-minute UTC bin from 1970 to 2448 is right`;
  }
  if (!isCount(part) || part > maximumPart) return `part is ${part}; 0 to ${maximumPart} is right`;
  // Spelled out, since it is asked for every event: a loop over names takes ten times as long.
  if (!isCount(event.bytes)) return countFault('bytes', event.bytes);
  if (event.fromBytes !== undefined && !isCount(event.fromBytes + event.bytes))
    return countFault('fromBytes', event.fromBytes);
  if (!isCount(event.sizeBytes)) return countFault('sizeBytes', event.sizeBytes);
  if (!isCount(event.maxRateBitsPerSecond))
    return countFault('maxRateBitsPerSecond', event.maxRateBitsPerSecond);
  if (!isCount(startMs) || !isCount(endMs) || startMs < binMs || endMs < startMs || endMs > binMs + BIN_MS) {
    return `the event lasts from ${startMs} to ${endMs}; a time within its bin ${binMs} to ${binMs + BIN_MS} is right`;
  }
  return undefined;
}

const countFault = (name: string, value: number): string =>
  `${name} is ${value}; an integer from 0 to ${Number.MAX_SAFE_INTEGER} is right`;
