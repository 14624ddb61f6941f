import type { Charge, ChargedUsage } from '@fairhop/shared/model';
import { turnedComponent } from '../query/directions.js';
import { bookedComponent } from '../query/question.js';

/** What a charge counts, each way that its plan asks for: a 95th percentile may be of one way, the other, or both. */
export function waysOf({ usage, plan }: Pick<Charge, 'usage' | 'plan'>): ChargedUsage[] {
  if (plan.type !== 'percentile95' || plan.direction === 'forward') return [usage];
  return plan.direction === 'backward' ? [turned(usage)] : [usage, turned(usage)];
}

/** Whether the other way is another one: else both ways would count the same bytes. */
export function hasTwoWays({ leaves, enters, source, destination, crosses = [] }: ChargedUsage): boolean {
  if ([leaves, enters, source, destination].some((end) => end !== undefined)) return true;
  const booked = crosses.map(bookedComponent);
  return crosses.length > 0 && booked.every((component) => !booked.includes(turnedComponent(component)));
}

const turned = (usage: ChargedUsage): ChargedUsage => ({
  ...usage,
  leaves: usage.enters,
  enters: usage.leaves,
  source: usage.destination,
  destination: usage.source,
  crosses: usage.crosses?.map((ref) => turnedComponent(bookedComponent(ref))),
});
