/** A swarm is not called slow before it had this long. */
const FLOOR_GRACE_MS = 5000;
/** With less than this to go the edge repeats nothing: the swarm is done before that helps. */
const REPEAT_MIN_LEFT_MS = 2000;
/** Share of a fetcher's part of the content that the edge may bring in again while a swarm waits. */
const REPEAT_SHARE = 1 / 3;

/** How a download goes, as far as the edge's part in it depends on that. */
export interface Progress {
  readonly sizeBytes: number;
  readonly heldBytes: number;
  readonly elapsedMs: number;
  readonly bytesPerSecond: number;
  /** Peers are connected, or being connected to. */
  readonly hasPeers: boolean;
  readonly onNetPeers: number;
  /** Agents of the ISP that fetch from outside, this one included. */
  readonly fetchers: number;
  /** Asked for so far although somebody on-net held it. */
  readonly repeatBytes: number;
}

/** The edge may serve anything: no peer serves, or the swarm is below the quality floor. */
export function edgeServesAll(progress: Progress, qualityFloorBitsPerSecond: number): boolean {
  if (!progress.hasPeers) return true;
  return progress.elapsedMs >= FLOOR_GRACE_MS && progress.bytesPerSecond * 8 < qualityFloorBitsPerSecond;
}

/** Bytes that the edge may still serve of pieces which the ISP holds already, so that it is not idle while a swarm waits. */
export function edgeRepeatBytes(progress: Progress): number {
  const { sizeBytes, heldBytes, bytesPerSecond, elapsedMs, repeatBytes } = progress;
  const leftMs = ((sizeBytes - heldBytes) * 1000) / Math.max(bytesPerSecond, 1);
  if (leftMs < REPEAT_MIN_LEFT_MS || elapsedMs < FLOOR_GRACE_MS) return 0;
  const sharers = Math.max(2, progress.fetchers, progress.onNetPeers + 1);
  return Math.max(0, (REPEAT_SHARE * sizeBytes) / sharers - repeatBytes);
}
