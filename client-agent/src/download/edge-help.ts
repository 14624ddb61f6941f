/** A download is not called slow before it had this long. */
const FLOOR_GRACE_MS = 3000;
/** Before this the edge repeats nothing: peers are still being found. */
const REPEAT_GRACE_MS = 5000;
/** What an edge gives of which nothing is known: it plays high definition. */
const UNMEASURED_EDGE_BITS_PER_SECOND = 5_000_000;
/** Of the rate that the user allows, what a download that nothing else holds up stays above. */
const OF_ALLOWED_RATE = 0.9;
/** With less than this to go the edge repeats nothing: the swarm is done before that helps. */
const REPEAT_MIN_LEFT_MS = 2000;
/** Share of a fetcher's part of the content that the edge may bring in again while a swarm waits. */
const REPEAT_SHARE = 1 / 3;

/** How a download goes, as far as the part of the edge and of other ISPs in it depends on that. */
export interface Progress {
  readonly sizeBytes: number;
  readonly heldBytes: number;
  readonly elapsedMs: number;
  /** Over the last five seconds. */
  readonly bytesPerSecond: number;
  /** Over the last minute: what a slow time cost is made up for. */
  readonly lastMinuteBytesPerSecond: number;
  /** What the edges give while they are asked; undefined if that was not seen lately. */
  readonly edgeBytesPerSecond: number | undefined;
  /** What the peers that are asked for something give, as far as known. */
  readonly peerBytesPerSecond: number;
  /** Peers are connected, or being connected to. */
  readonly hasPeers: boolean;
  readonly onNetPeers: number;
  /** Agents of the ISP that fetch from outside, this one included. */
  readonly fetchers: number;
  /** Asked for so far although somebody on-net held it. */
  readonly repeatBytes: number;
}

export interface FloorConfig {
  /** Faster than this a download is good enough, whatever the edge alone would give. */
  readonly qualityFloorBitsPerSecond: number;
  /** What the user allows; undefined is unlimited. */
  readonly rateBitsPerSecond?: number | undefined;
}

/** Who may serve what the ISP holds already. */
export interface Help {
  readonly offNetServesAll: boolean;
  readonly edgeServesAll: boolean;
}

/**
 * Slow peers must never make a download worse than the edge alone would be: one that is slower gets any piece from peers of
 * other ISPs too, and where all peers together give less than that, from the edge.
 */
export function helpFor(progress: Progress, config: FloorConfig): Help {
  if (!progress.hasPeers) return { offNetServesAll: false, edgeServesAll: true };
  const floor = floorBytesPerSecond(progress, config);
  const rate = Math.min(progress.bytesPerSecond, progress.lastMinuteBytesPerSecond);
  const isSlow = progress.elapsedMs >= FLOOR_GRACE_MS && rate < floor;
  return { offNetServesAll: isSlow, edgeServesAll: isSlow && progress.peerBytesPerSecond < floor };
}

function floorBytesPerSecond(
  { edgeBytesPerSecond }: Progress,
  { qualityFloorBitsPerSecond, rateBitsPerSecond = Number.POSITIVE_INFINITY }: FloorConfig,
): number {
  const edge = edgeBytesPerSecond ?? UNMEASURED_EDGE_BITS_PER_SECOND / 8;
  return Math.min(qualityFloorBitsPerSecond / 8, edge, (OF_ALLOWED_RATE * rateBitsPerSecond) / 8);
}

/** Bytes that the edge may still serve of pieces which the ISP holds already, so that it is not idle while a swarm waits. */
export function edgeRepeatBytes(progress: Progress): number {
  const { sizeBytes, heldBytes, bytesPerSecond, elapsedMs, repeatBytes } = progress;
  const leftMs = ((sizeBytes - heldBytes) * 1000) / Math.max(bytesPerSecond, 1);
  if (leftMs < REPEAT_MIN_LEFT_MS || elapsedMs < REPEAT_GRACE_MS) return 0;
  const sharers = Math.max(2, progress.fetchers, progress.onNetPeers + 1);
  return Math.max(0, (REPEAT_SHARE * sizeBytes) / sharers - repeatBytes);
}
