import { FairhopError, type FieldError, parseDecimal, type RatePlan } from '@fairhop/shared/model';

/**
 * Throws `rate-plan-invalid` (400), with each wrong tier, where tiers leave units without a price or with two. `path` is where the
 * plan stands: `terms.charges.0.plan`.
 */
export function checkRatePlan(plan: RatePlan, path: string): void {
  if (plan.type !== 'tiers') return;
  const errors = plan.tiers.flatMap((_, index) => {
    const message = wrongTier(plan.tiers, index);
    return message === undefined ? [] : [{ path: `${path}.tiers.${index}.upToUnits`, message }];
  });
  const [first] = errors;
  if (first === undefined) return;
  throw new FairhopError('rate-plan-invalid', `${first.path}: ${first.message}`, {
    status: 400,
    errors: errors satisfies FieldError[],
  });
}

function wrongTier(
  tiers: readonly { readonly upToUnits: string | null }[],
  index: number,
): string | undefined {
  const { upToUnits } = tiers[index]!;
  const isLast = index === tiers.length - 1;
  const name = `tier ${index + 1} of ${tiers.length}`;
  if (upToUnits === null) {
    return isLast
      ? undefined
      : `${name} is open, so no unit reaches those after it; only the last is null, and this one ends where the next begins`;
  }
  const before = index === 0 ? '0' : tiers[index - 1]!.upToUnits;
  if (before !== null && parseDecimal(upToUnits) <= parseDecimal(before)) {
    return `${name} ends at ${upToUnits} units and begins after ${before}; a number above ${before} is right`;
  }
  return isLast
    ? `${name} ends at ${upToUnits} units and those above have no price; null is right`
    : undefined;
}
