import type { Charge, ChargedUsage } from '@fairhop/shared/model';
import { bookedComponent } from '../query/question.js';
import { measureOf } from '../rating/index.js';
import { waysOf } from './charge-ways.js';
import { asnsOf, type ContractKnowledge, ispsOf, isSameNetwork } from './knowledge.js';

/** A charge with the zone of its contract. */
export type ZonedCharge = Charge & { readonly timeZone: string };

/**
 * Whether two charges count some of the same bytes, or the same files. They do not where both name a network, component, owner and so
 * on, and these have nothing in common.
 */
export function countSameUsage(one: ZonedCharge, other: ZonedCharge, knows: ContractKnowledge): boolean {
  if ((measureOf(one.plan) === 'files') !== (measureOf(other.plan) === 'files')) return false;
  return waysOf(one).some((left) =>
    waysOf(other).some((right) =>
      areOfSameBytes({ ...left, timeZone: one.timeZone }, { ...right, timeZone: other.timeZone }, knows),
    ),
  );
}

type ZonedUsage = ChargedUsage & { readonly timeZone: string };

function areOfSameBytes(left: ZonedUsage, right: ZonedUsage, knows: ContractKnowledge): boolean {
  for (const field of ['leaves', 'enters', 'source', 'destination'] as const) {
    if (areApart(left[field], right[field], (a, b) => isSameNetwork(a, b, knows))) return false;
  }
  for (const field of ['title', 'category', 'kind'] as const) {
    if (areApart(left[field], right[field], (a, b) => a === b)) return false;
  }
  return !(
    areApart(ownerOf(left), ownerOf(right), (a, b) => a === b) ||
    areApart(left.crosses, right.crosses, (a, b) => shareComponent(a, b, knows)) ||
    // Hours of two zones move against each other with their clocks.
    (left.timeZone === right.timeZone && areApart(left.hours, right.hours, shareMinute))
  );
}

/** A title's owner is in its name. */
export const ownerOf = ({ owner, title }: ChargedUsage): string | undefined => owner ?? title?.split('/')[0];

function areApart<Value>(
  left: Value | undefined,
  right: Value | undefined,
  haveCommon: (left: Value, right: Value) => boolean,
): boolean {
  return left !== undefined && right !== undefined && !haveCommon(left, right);
}

const shareComponent = (
  left: readonly string[],
  right: readonly string[],
  knows: ContractKnowledge,
): boolean =>
  left
    .map(bookedComponent)
    .some((one) =>
      right.map(bookedComponent).some((other) => contains(one, other, knows) || contains(other, one, knows)),
    );

/** What crosses `inner` crosses `outer`: the same, an ISP around what it has, an AS at a link's end, a link of peering links. */
function contains(outer: string, inner: string, knows: ContractKnowledge): boolean {
  if (outer === inner) return true;
  if (outer.startsWith('isp:')) return ispsOf(inner, knows).has(outer.slice('isp:'.length));
  if (outer.startsWith('as:')) return asnsOf(inner).includes(asnsOf(outer)[0]!);
  return outer.startsWith('link:') && inner.startsWith(`${outer.replace('link:', 'peering:')}/`);
}

type Hours = NonNullable<ChargedUsage['hours']>;

function shareMinute(left: Hours, right: Hours): boolean {
  return spansOf(left).some(([from, to]) =>
    spansOf(right).some(([otherFrom, otherTo]) => from < otherTo && otherFrom < to),
  );
}

const DAY_MINUTES = 24 * 60;

function spansOf({ from, to }: Hours): [from: number, to: number][] {
  const [start, end] = [minuteOf(from), minuteOf(to)];
  if (start === end) return [[0, DAY_MINUTES]];
  return start < end
    ? [[start, end]]
    : [
        [start, DAY_MINUTES],
        [0, end],
      ];
}

const minuteOf = (clock: string): number => {
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  return hour * 60 + minute;
};
