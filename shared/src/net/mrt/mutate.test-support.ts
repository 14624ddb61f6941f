/** mulberry32: the same inputs each time. */
export function createRandom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b_79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) % bound;
  };
}

const interesting = [0, 1, 2, 4, 127, 128, 254, 255];

/** One to four changes: of a byte or bit, or a piece left out, cut off or repeated. */
export function mutate(seed: Buffer, random: (bound: number) => number): Buffer {
  let bytes = Buffer.from(seed);
  for (let change = 1 + random(4); change > 0; change -= 1) {
    const at = random(bytes.length || 1);
    switch (random(6)) {
      case 0:
        bytes[at] = random(256);
        break;
      case 1:
        bytes[at]! ^= 1 << random(8);
        break;
      case 2:
        bytes[at] = interesting[random(interesting.length)]!;
        break;
      case 3:
        bytes = bytes.subarray(0, at);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(8))]);
        break;
      default:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(random(bytes.length || 1))]);
    }
  }
  return bytes;
}
