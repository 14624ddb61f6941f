/** A reader's needs within a content, in pieces: it waits for or reads `next` and will want those before `end`. */
export interface Demand {
  readonly next: number;
  readonly end: number;
}

export interface FillState {
  /** In the order in which they began to wait. */
  readonly demands: readonly Demand[];
  has(piece: number): boolean;
  /** The piece that the open origin stream comes to now; undefined when none is open. */
  readonly streamAt?: number | undefined;
  /** Pieces that the open stream has brought. */
  readonly runPieces: number;
  /** A run gives way to readers elsewhere after so many pieces. */
  readonly maxRunPieces: number;
  /** How far ahead of a reader the fill goes: a slow reader must not have its pieces evicted before it comes to them. */
  readonly aheadPieces: number;
}

/** The piece to fetch next, by what readers wait for; undefined when nothing is worth fetching now. */
export function choosePiece(state: FillState): number | undefined {
  const { demands, has, streamAt } = state;
  const blockedAt = demands.filter(({ next, end }) => next < end && !has(next)).map(({ next }) => next);
  if (streamAt !== undefined && !has(streamAt) && isWanted(streamAt, state)) {
    const othersWait = blockedAt.some((piece) => piece !== streamAt);
    if (!othersWait || state.runPieces < state.maxRunPieces) return streamAt;
  }
  if (blockedAt.length > 0) return blockedAt[0];
  for (const { next, end } of demands) {
    // A new stream is opened only once half of the lead is used up, so that streams are long.
    const limit = Math.min(end, next + Math.ceil(state.aheadPieces / 2) + 1);
    for (let piece = next; piece < limit; piece += 1) if (!has(piece)) return piece;
  }
  return undefined;
}

/** Where a stream that starts at `piece` should end (exclusive): at the next piece that is there, or past every lead. */
export function endOfRun(
  piece: number,
  { demands, has, aheadPieces }: Pick<FillState, 'demands' | 'has' | 'aheadPieces'>,
): number {
  const limit = demands
    .filter(({ next, end }) => next <= piece && piece < end)
    .reduce((far, { next, end }) => Math.max(far, Math.min(end, next + aheadPieces + 1)), piece + 1);
  let runEnd = piece + 1;
  while (runEnd < limit && !has(runEnd)) runEnd += 1;
  return runEnd;
}

function isWanted(piece: number, { demands, aheadPieces }: FillState): boolean {
  return demands.some(({ next, end }) => next <= piece && piece < Math.min(end, next + aheadPieces + 1));
}
