import { type Address, parseAddress } from '../address.js';

/** Hand-made MRT bytes for tests. */
export const uint16 = (value: number): number[] => [(value >>> 8) & 255, value & 255];
export const uint32 = (value: number): number[] => [...uint16(value >>> 16), ...uint16(value & 0xffff)];

export function addressBytes(text: string): number[] {
  const address: Address = parseAddress(text);
  if (address.family === 4) return uint32(address.value);
  return Array.from({ length: 16 }, (_, index) => Number((address.value >> BigInt(120 - 8 * index)) & 255n));
}

export const record = (
  subtype: number,
  body: readonly number[],
  type = 13,
  timeS = 1_700_000_000,
): number[] => [...uint32(timeS), ...uint16(type), ...uint16(subtype), ...uint32(body.length), ...body];

export const peers = (asns: readonly number[], view = '', timeS?: number): number[] =>
  record(
    1,
    [
      ...uint32(0xc612_0001),
      ...uint16(view.length),
      ...Buffer.from(view),
      ...uint16(asns.length),
      ...asns.flatMap((asn, index) => [
        2,
        ...uint32(index + 1),
        ...uint32(0xc613_0001 + index),
        ...uint32(asn),
      ]),
    ],
    13,
    timeS,
  );

export const attribute = (type: number, value: readonly number[]): number[] =>
  value.length > 255 ? [0x50, type, ...uint16(value.length), ...value] : [0x40, type, value.length, ...value];

/** `[64501, 64502]` a sequence, a nested array a set. */
export function asPath(...hops: readonly (number | readonly number[])[]): number[] {
  const segments: number[] = [];
  let sequence: number[] = [];
  const close = (): void => {
    if (sequence.length > 0) segments.push(2, sequence.length, ...sequence.flatMap(uint32));
    sequence = [];
  };
  for (const hop of hops) {
    if (typeof hop === 'number') sequence.push(hop);
    else {
      close();
      segments.push(1, hop.length, ...hop.flatMap(uint32));
    }
  }
  close();
  return attribute(2, segments);
}

export interface TestRoute {
  readonly peer: number;
  readonly attributes: readonly number[];
  readonly pathId?: number;
}

export function rib(prefix: string, routes: readonly TestRoute[]): number[] {
  const [address = '', length = ''] = prefix.split('/');
  const bytes = addressBytes(address);
  const hasPathIds = routes.some(({ pathId }) => pathId !== undefined);
  const subtype = (bytes.length === 4 ? 2 : 4) + (hasPathIds ? 6 : 0);
  return record(subtype, [
    ...uint32(0),
    Number(length),
    ...bytes.slice(0, Math.ceil(Number(length) / 8)),
    ...uint16(routes.length),
    ...routes.flatMap(({ peer, attributes, pathId = 0 }) => [
      ...uint16(peer),
      ...uint32(1_600_000_000),
      ...(hasPathIds ? uint32(pathId) : []),
      ...uint16(attributes.length),
      ...attributes,
    ]),
  ]);
}
