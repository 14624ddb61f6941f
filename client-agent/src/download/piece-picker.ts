import { PIECE, type SchedulerSource, type SchedulerView } from './scheduler-view.js';

/** The picked piece; `repeat` if its bytes enter the ISP although somebody on-net holds the piece. */
export interface Pick {
  readonly piece: number;
  readonly repeat: boolean;
}

/**
 * Classes of pieces for a source, the lowest first; undefined: not from this source. Content enters each ISP about once:
 * what somebody on-net holds comes from there, and of the rest each agent fetches what it is named for.
 */
function classOf(view: SchedulerView, source: SchedulerSource, piece: number): number | undefined {
  const isHeldOnNet = view.onNetHolders[piece]! > 0;
  if (source.kind === 'peer') {
    if (source.onNet) return 0;
    if (isHeldOnNet) return view.offNetServesAll ? 3 : undefined;
    if (view.mayEnter(piece)) return 0;
    // Named for somebody else, who will see that it is here: better than waiting with nothing to do.
    return view.offNetServesAll || !view.isBusy ? 2 : undefined;
  }
  if (view.edgeServesAll || isUrgent(view, piece)) return 0;
  if (!isHeldOnNet) return view.mayEnter(piece) ? 0 : source.outstandingRequests === 0 ? 2 : undefined;
  return source.outstandingRequests === 0 && view.edgeRepeatBytes > 0 ? 3 : undefined;
}

function isUrgent({ window }: SchedulerView, piece: number): boolean {
  return window !== undefined && piece >= window.from && piece < window.urgentTo;
}

/** Larger than any number of holders. */
const CLASS_STEP = 1e6;

/**
 * Order within a class, the lowest first: in the window by index, else rarest first. Pieces from outside count holders
 * everywhere, so that agents of different ISPs bring different pieces into the swarm; pieces from on-net peers count
 * those on-net before.
 */
function orderOf(view: SchedulerView, source: SchedulerSource, piece: number): number {
  const { window } = view;
  if (window && piece >= window.from && piece < window.to) return piece - window.to;
  const holders = view.holders[piece]!;
  return source.kind === 'peer' && source.onNet ? view.onNetHolders[piece]! * 300 + holders : holders;
}

/**
 * The piece to ask `source` for next, ties at random (in a piece named for somebody else: that one's last first, so that
 * both rarely meet).
 */
export function pickPiece(
  view: SchedulerView,
  source: SchedulerSource,
  random: () => number,
): Pick | undefined {
  let best = -1;
  let bestScore = Number.POSITIVE_INFINITY;
  let bestTie = 0;
  const { states } = view;
  for (const piece of view.askable) {
    if (source.holdings[piece] === 0) continue;
    const state = states[piece];
    if (state === PIECE.missing && !view.mayStartPiece) continue;
    const pieceClass = classOf(view, source, piece);
    if (pieceClass === undefined) continue;
    // What was begun is finished before more is begun, within the same class.
    const begun = state === PIECE.open ? 0 : CLASS_STEP / 2;
    const score = pieceClass * CLASS_STEP + begun + orderOf(view, source, piece);
    if (score > bestScore) continue;
    const tie = pieceClass === 2 ? -view.weightOf(piece) : random();
    if (score === bestScore && tie <= bestTie) continue;
    best = piece;
    bestScore = score;
    bestTie = tie;
  }
  if (best < 0) return undefined;
  return { piece: best, repeat: isRepeat(view, source, best) };
}

export function isRepeat(view: SchedulerView, source: SchedulerSource, piece: number): boolean {
  return !(source.kind === 'peer' && source.onNet) && view.onNetHolders[piece]! > 0;
}

/** Whether `source` may serve blocks of a piece that is under way elsewhere. */
export function maySteal(view: SchedulerView, source: SchedulerSource, piece: number): boolean {
  if (source.holdings[piece] === 0) return false;
  if (source.kind === 'peer' && source.onNet) return true;
  if (source.kind === 'peer' && view.offNetServesAll) return true;
  if (source.kind === 'edge' && (view.edgeServesAll || isUrgent(view, piece))) return true;
  return view.onNetHolders[piece]! === 0 || view.edgeRepeatBytes > 0;
}
