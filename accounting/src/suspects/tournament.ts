/** The largest of many numbers that change (Knuth, The Art of Computer Programming 3, 5.4.1). */
export interface Tournament {
  set(index: number, value: number): void;
  /** 0 where all are. */
  readonly largest: number;
  /** Of those that are as large, the first. */
  readonly indexOfLargest: number;
}

/** All are 0 until they are set; they fit into 32 bits. */
export function createTournament(size: number): Tournament {
  const leaves = 2 ** Math.ceil(Math.log2(Math.max(1, size)));
  /** The children of a node are at twice its index and beside it; leaves come last. */
  const values = new Uint32Array(2 * leaves);
  return {
    set(index, value) {
      values[leaves + index] = value;
      for (let node = (leaves + index) >> 1; node > 0; node >>= 1)
        values[node] = Math.max(values[2 * node]!, values[2 * node + 1]!);
    },
    get largest() {
      return values[1]!;
    },
    get indexOfLargest() {
      let node = 1;
      while (node < leaves) node = values[2 * node] === values[node] ? 2 * node : 2 * node + 1;
      return node - leaves;
    },
  };
}
