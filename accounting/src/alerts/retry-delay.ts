/** Doubling from `baseMs` up to `maxMs`, of which the upper half is random, so that receivers that came back are not met by all at once. */
export function retryDelayMs(
  attempt: number,
  { baseMs, maxMs }: { baseMs: number; maxMs: number },
  random: number,
): number {
  const boundMs = Math.min(maxMs, baseMs * 2 ** (attempt - 1));
  return Math.ceil(boundMs * (0.5 + random / 2));
}
