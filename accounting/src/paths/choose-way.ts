import type { Asn, ElementSource, PathConflict } from '@fairhop/shared/model';
import type { AsPathSource, AsWay, WayEnd } from './knowledge.js';

interface Answer {
  readonly source: ElementSource;
  /** Undefined where the source knows no way. */
  readonly way: AsWay | undefined;
  /** Why the answer cannot be used; undefined where it can. */
  readonly fault: string | undefined;
}

export interface ChosenWay {
  /** Undefined when nobody knows one. */
  readonly way: AsWay | undefined;
  /** What each source said, in the order in which they are asked. */
  readonly answers: readonly Answer[];
  readonly conflicts: readonly PathConflict[];
}

/** The way that the first source knows; what others say differently is told beside it. Sources come most trusted first. */
export function chooseWay(
  sources: readonly AsPathSource[],
  source: WayEnd,
  destination: WayEnd,
  timeMs: number,
): ChosenWay {
  if (source.asn === destination.asn) {
    const way: AsWay = { asPath: [source.asn], source: 'operator', confidence: 100, nextHop: null };
    return { way, answers: [{ source: 'operator', way, fault: undefined }], conflicts: [] };
  }
  const answers = sources.map((one): Answer => {
    const way = one.asWay(source, destination, timeMs);
    return { source: one.name, way, fault: way && wayFault(way.asPath, source.asn, destination.asn) };
  });
  const way = answers.find((answer) => answer.way !== undefined && answer.fault === undefined)?.way;
  const conflicts =
    way === undefined
      ? []
      : answers.flatMap(({ source: name, way: other }) =>
          // Inference knows which ways policy allows, and seldom the one of them that is taken: that is no contradiction.
          name === 'inferred' || other === undefined || isSame(way.asPath, other.asPath)
            ? []
            : [conflictOf(way, other)],
        );
  return { way, answers, conflicts };
}

/** What is between two ends must lead from one to the other, through each AS once. */
function wayFault(asPath: readonly Asn[], source: Asn, destination: Asn): string | undefined {
  if (asPath[0] !== source) return `it begins in AS ${asPath[0]}, not in AS ${source}`;
  if (asPath.at(-1) !== destination) return `it ends in AS ${asPath.at(-1)}, not in AS ${destination}`;
  return new Set(asPath).size === asPath.length ? undefined : 'it passes an AS twice';
}

const isSame = (left: readonly Asn[], right: readonly Asn[]): boolean =>
  left.length === right.length && left.every((asn, index) => asn === right[index]);

const conflictOf = (used: AsWay, other: AsWay): PathConflict => ({
  used: used.source,
  usedAsPath: [...used.asPath],
  other: other.source,
  otherAsPath: [...other.asPath],
  message: `${used.source} says ${used.asPath.join(' ')}, ${other.source} says ${other.asPath.join(' ')}; ${used.source} is used`,
});
