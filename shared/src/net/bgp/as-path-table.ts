import { randomBytes } from 'node:crypto';
import { type RouteEntry, readUint32, segmentTypes } from '../mrt/attributes.js';

/** Why a route is no way: `default-route` names no destination's network, the others contradict a sequence of single ASes. */
export const unusableReasons = [
  'as-set',
  'loop',
  'reserved-asn',
  'private-asn',
  'too-long',
  'default-route',
] as const;
export type UnusableReason = (typeof unusableReasons)[number];

/** An id from here on is no path but says why not: `firstUnusable` + place in `unusableReasons`. */
const firstUnusable = 0xffff_fff0;
export const unusableId = (reason: UnusableReason): number => firstUnusable + unusableReasons.indexOf(reason);
export const isUsable = (pathId: number): boolean => pathId < firstUnusable;
export const reasonOf = (pathId: number): UnusableReason => unusableReasons[pathId - firstUnusable]!;

/** AS paths without prepending, each stored once. */
export interface AsPathTable {
  readonly count: number;
  /** Path `id` is `asns[offsets[id]]` to before `asns[offsets[id + 1]]`. */
  readonly asns: Uint32Array;
  readonly offsets: Uint32Array;
  /** 0 for a usable path, else the id of why not. */
  readonly reasons: Uint32Array;
}

export interface AsPathTableBuilder {
  /** The id of the entry's path, or of why it is not usable. */
  intern(entry: RouteEntry): number;
  /** Length of the path interned last, as routers compare it: with prepending, a set counts one, confederations nothing. */
  readonly comparedLength: number;
  build(): AsPathTable;
}

/** Three times the longest ways that are seen; prepending is not counted. */
const maximumAses = 128;

/** RFC 7607, RFC 6793 (AS_TRANS), RFC 7300. */
const reservedAsns = new Set([0, 23_456, 65_535, 4_294_967_295]);

/** RFC 6996. */
const isPrivateAsn = (asn: number): boolean =>
  (asn >= 64_512 && asn <= 65_534) || (asn >= 4_200_000_000 && asn <= 4_294_967_294);

export function createAsPathTableBuilder(allowPrivate: (asn: number) => boolean): AsPathTableBuilder {
  let asns = new Uint32Array(64);
  let offsets = new Uint32Array(16);
  let count = 0;
  /** Open addressing; ids plus one, so that zero is free. At most half full. */
  let slots = new Uint32Array(32);
  let reasons = new Uint32Array(16);
  let comparedLength = 0;
  /** Unknown outside, so that no file can be made whose paths all meet in one slot. */
  const hashSeed = randomBytes(4).readInt32LE();
  const scratch = new Uint32Array(maximumAses);

  /** Single ASes without repetition into `scratch`; how many, or the id of why not. */
  const collapse = ({ bytes, asPathStart, asPathEnd }: RouteEntry): number => {
    let length = 0;
    let hasSet = false;
    let isLong = false;
    comparedLength = 0;
    for (let at = asPathStart; at < asPathEnd; ) {
      const type = bytes[at]!;
      const end = at + 2 + 4 * bytes[at + 1]!;
      if (type === segmentTypes.set) {
        hasSet = true;
        comparedLength += 1;
      } else if (type === segmentTypes.sequence) {
        for (let position = at + 2; position < end; position += 4) {
          const asn = readUint32(bytes, position);
          comparedLength += 1;
          if (length > 0 && scratch[length - 1] === asn) continue;
          if (length === maximumAses) isLong = true;
          else scratch[length++] = asn;
        }
      }
      // ASes of a confederation are inside the one AS that its neighbours see (RFC 5065).
      at = end;
    }
    if (hasSet) return unusableId('as-set');
    return isLong ? unusableId('too-long') : length;
  };
  const equals = (id: number, length: number): boolean => {
    const start = offsets[id]!;
    if (offsets[id + 1]! - start !== length) return false;
    for (let index = 0; index < length; index += 1) {
      if (asns[start + index] !== scratch[index]) return false;
    }
    return true;
  };
  const whyUnusable = (length: number): number => {
    for (let index = 0; index < length; index += 1) {
      const asn = scratch[index]!;
      if (reservedAsns.has(asn)) return unusableId('reserved-asn');
      if (isPrivateAsn(asn) && !allowPrivate(asn)) return unusableId('private-asn');
      if (scratch.indexOf(asn) < index) return unusableId('loop');
    }
    return 0;
  };
  const grow = (length: number): void => {
    asns = grown(asns, offsets[count]! + length);
    offsets = grown(offsets, count + 2);
    reasons = grown(reasons, count + 1);
    if (2 * (count + 1) <= slots.length) return;
    slots = new Uint32Array(2 * slots.length);
    for (let id = 0; id < count; id += 1) {
      let slot = hashOf(hashSeed, asns, offsets[id]!, offsets[id + 1]!) & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = id + 1;
    }
  };
  return {
    intern(entry) {
      const length = collapse(entry);
      if (!isUsable(length)) return length;
      const hash = hashOf(hashSeed, scratch, 0, length);
      let slot = hash & (slots.length - 1);
      for (; slots[slot] !== 0; slot = (slot + 1) & (slots.length - 1)) {
        const id = slots[slot]! - 1;
        if (equals(id, length)) return reasons[id] || id;
      }
      grow(length);
      slot = hash & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = count + 1;
      asns.set(scratch.subarray(0, length), offsets[count]!);
      offsets[count + 1] = offsets[count]! + length;
      reasons[count] = whyUnusable(length);
      count += 1;
      return reasons[count - 1] || count - 1;
    },
    get comparedLength() {
      return comparedLength;
    },
    build: () => ({
      count,
      asns: asns.slice(0, offsets[count]!),
      offsets: offsets.slice(0, count + 1),
      reasons: reasons.slice(0, count),
    }),
  };
}

/** As FNV-1a, over 32-bit words, mixed once more, because the low bits choose the slot. */
function hashOf(seed: number, asns: Uint32Array, start: number, end: number): number {
  let hash = seed;
  for (let index = start; index < end; index += 1) hash = Math.imul(hash ^ asns[index]!, 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  return hash ^ (hash >>> 13);
}

/** The same array, or a larger copy when it has not so many elements: half as much again, so that growth costs little. */
export function grown<A extends Uint8Array | Uint16Array | Uint32Array>(array: A, elements: number): A {
  if (elements <= array.length) return array;
  const larger = new (array.constructor as new (length: number) => A)(
    Math.max(elements, Math.ceil(1.5 * array.length)),
  );
  larger.set(array);
  return larger;
}
