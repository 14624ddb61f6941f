export interface Edge {
  readonly to: number;
  /** Positive. */
  readonly metric: number;
}

/** Shortest ways from a set of nodes to all others; nodes are numbered from 0. */
export interface Tree {
  /** Infinity where there is no way. */
  readonly distance: Float64Array;
  /** The node before; -1 where the way begins. */
  readonly previous: Int32Array;
  /** 1 where another way is as short. */
  readonly isTied: Uint8Array;
}

/**
 * Dijkstra's algorithm. Of ways that are equally short, one is taken that depends on the numbers of nodes alone, not on the order of
 * links.
 * @param seeds where ways begin, with the distance that lies behind them.
 */
export function growTree(
  edges: readonly (readonly Edge[])[],
  seeds: Iterable<readonly [node: number, distance: number]>,
): Tree {
  const distance = new Float64Array(edges.length).fill(Number.POSITIVE_INFINITY);
  const previous = new Int32Array(edges.length).fill(-1);
  const isTied = new Uint8Array(edges.length);
  const isSettled = new Uint8Array(edges.length);
  const queue = createNodeQueue();
  for (const [node, seedDistance] of seeds) {
    if (seedDistance >= distance[node]!) continue;
    distance[node] = seedDistance;
    queue.push(node, seedDistance);
  }
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    if (isSettled[node] === 1) continue;
    isSettled[node] = 1;
    for (const { to, metric } of edges[node]!) {
      const through = distance[node]! + metric;
      if (through > distance[to]!) continue;
      if (through === distance[to]!) {
        isTied[to] = 1;
        continue;
      }
      previous[to] = node;
      isTied[to] = isTied[node]!;
      distance[to] = through;
      queue.push(to, through);
    }
  }
  return { distance, previous, isTied };
}

/** From where the tree began to the node, both included. */
export function wayTo(tree: Tree, node: number): number[] {
  const way = [node];
  for (let before = tree.previous[node]!; before !== -1; before = tree.previous[before]!) way.push(before);
  return way.reverse();
}

/** A binary heap by distance, then by node, so that the order of insertion changes nothing. */
function createNodeQueue() {
  const nodes: number[] = [];
  const keys: number[] = [];
  const isBefore = (left: number, right: number): boolean =>
    keys[left]! < keys[right]! || (keys[left] === keys[right] && nodes[left]! < nodes[right]!);
  const swap = (left: number, right: number): void => {
    [nodes[left], nodes[right]] = [nodes[right]!, nodes[left]!];
    [keys[left], keys[right]] = [keys[right]!, keys[left]!];
  };
  return {
    push(node: number, key: number): void {
      let index = nodes.push(node) - 1;
      keys.push(key);
      for (let parent = (index - 1) >> 1; index > 0 && isBefore(index, parent); parent = (index - 1) >> 1) {
        swap(index, parent);
        index = parent;
      }
    },
    pop(): number | undefined {
      if (nodes.length === 0) return undefined;
      swap(0, nodes.length - 1);
      keys.pop();
      const least = nodes.pop();
      for (let index = 0; ; ) {
        let child = 2 * index + 1;
        if (child >= nodes.length) break;
        if (child + 1 < nodes.length && isBefore(child + 1, child)) child += 1;
        if (!isBefore(child, index)) break;
        swap(index, child);
        index = child;
      }
      return least;
    },
  };
}
