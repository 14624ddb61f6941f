import type { AuditResult } from '@fairhop/shared/contract';
import type { Reading } from '../reading/index.js';

/** An audit with one check more, of the same state; the check tells the first break in words. */
export function* withCheck(
  audit: () => Reading<AuditResult>,
  { name, states }: { readonly name: string; readonly states: string },
  check: () => Reading<string | undefined>,
): Reading<AuditResult> {
  const result = yield* audit();
  const broken = yield* check();
  return {
    ...result,
    ok: result.ok && broken === undefined,
    checks: [...result.checks, { name, ok: broken === undefined, detail: broken ?? states }],
    firstBreak: result.firstBreak ?? broken ?? null,
  };
}
