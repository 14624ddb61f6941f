import { MrtError } from './mrt-error.js';

/** What a table dump says of one route. Byte positions are in `bytes`, which is valid within the call only. */
export interface RouteEntry {
  bytes: Uint8Array;
  /** In the table of peers. */
  peer: number;
  /** RFC 7911; -1 without one. */
  pathId: number;
  /** 0 IGP, 1 EGP, 2 INCOMPLETE; -1 where missing, as with routes that are not from BGP. */
  origin: number;
  /** Segments of the AS_PATH; empty where missing. */
  asPathStart: number;
  asPathEnd: number;
  /** 4 or 16 bytes; 0 where missing. */
  nextHopStart: number;
  nextHopLength: number;
  /** -1 where missing. */
  localPreference: number;
  multiExitDiscriminator: number;
}

export const segmentTypes = { set: 1, sequence: 2, confederationSequence: 3, confederationSet: 4 } as const;

export function createRouteEntry(): RouteEntry {
  return {
    bytes: new Uint8Array(0),
    peer: 0,
    pathId: -1,
    origin: -1,
    asPathStart: 0,
    asPathEnd: 0,
    nextHopStart: 0,
    nextHopLength: 0,
    localPreference: -1,
    multiExitDiscriminator: -1,
  };
}

const extendedLengthFlag = 0x10;
const attributeTypes = {
  origin: 1,
  asPath: 2,
  nextHop: 3,
  multiExitDiscriminator: 4,
  localPreference: 5,
  reachable: 14,
};

export const readUint16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
export const readUint32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;

/**
 * Reads path attributes (RFC 4271 section 4.3) between two positions into `entry`; AS numbers have four bytes
 * (RFC 6396 section 4.3.4). What is not asked for is stepped over. Throws `mrt-malformed`.
 */
export function readAttributes(
  bytes: Uint8Array,
  start: number,
  end: number,
  entry: RouteEntry,
  offsetBytes: number,
): void {
  entry.bytes = bytes;
  entry.origin = -1;
  entry.asPathStart = entry.asPathEnd = 0;
  entry.nextHopStart = entry.nextHopLength = 0;
  entry.localPreference = -1;
  entry.multiExitDiscriminator = -1;
  const malformed = (message: string, at: number): MrtError =>
    new MrtError('mrt-malformed', message, offsetBytes + at);
  let hasReachable = false;
  for (let at = start; at < end; ) {
    const isExtended = (bytes[at]! & extendedLengthFlag) !== 0;
    const valueStart = at + (isExtended ? 4 : 3);
    if (valueStart > end) throw malformed('path attribute without room for its length', at);
    const type = bytes[at + 1]!;
    const length = isExtended ? readUint16(bytes, at + 2) : bytes[at + 2]!;
    const valueEnd = valueStart + length;
    if (valueEnd > end) {
      throw malformed(`path attribute ${type} of ${length} bytes goes over the end of its route`, at);
    }
    const wrongLength = (): MrtError => malformed(`path attribute ${type} has ${length} bytes`, at);
    switch (type) {
      case attributeTypes.origin:
        if (length !== 1 || bytes[valueStart]! > 2) throw wrongLength();
        entry.origin = bytes[valueStart]!;
        break;
      case attributeTypes.asPath:
        checkSegments(bytes, valueStart, valueEnd, malformed);
        entry.asPathStart = valueStart;
        entry.asPathEnd = valueEnd;
        break;
      case attributeTypes.nextHop:
        if (length !== 4 && length !== 16) throw wrongLength();
        if (hasReachable) break;
        entry.nextHopStart = valueStart;
        entry.nextHopLength = length;
        break;
      case attributeTypes.multiExitDiscriminator:
        if (length !== 4) throw wrongLength();
        entry.multiExitDiscriminator = readUint32(bytes, valueStart);
        break;
      case attributeTypes.localPreference:
        if (length !== 4) throw wrongLength();
        entry.localPreference = readUint32(bytes, valueStart);
        break;
      case attributeTypes.reachable: {
        // RFC 6396 keeps the length and the next hop alone; some writers keep the whole, which begins with AFI and SAFI.
        const lengthAt = length > 0 && bytes[valueStart] === 0 ? valueStart + 3 : valueStart;
        const nextHopLength = lengthAt < valueEnd ? bytes[lengthAt]! : 0;
        if (lengthAt + 1 + nextHopLength > valueEnd || ![4, 16, 32].includes(nextHopLength))
          throw wrongLength();
        hasReachable = true;
        entry.nextHopStart = lengthAt + 1;
        // Of a global and a link-local address the global one comes first (RFC 2545).
        entry.nextHopLength = Math.min(nextHopLength, 16);
        break;
      }
      default:
    }
    at = valueEnd;
  }
}

function checkSegments(
  bytes: Uint8Array,
  start: number,
  end: number,
  malformed: (message: string, at: number) => MrtError,
): void {
  for (let at = start; at < end; ) {
    const type = bytes[at]!;
    if (type < segmentTypes.set || type > segmentTypes.confederationSet) {
      throw malformed(`AS_PATH segment of unknown type ${type}`, at);
    }
    const next = at + 2 + 4 * (bytes[at + 1] ?? 0);
    if (at + 2 > end || next > end) throw malformed('AS_PATH segment goes over the end of its attribute', at);
    at = next;
  }
}
