import { setTimeout as delay } from 'node:timers/promises';

const INTERVAL_MS = 200;
const SHOWN_CHARACTERS = 500;

/** Asks until what came fits, and gives it. @throws Error that shows what came last */
export async function waitUntil<Value>(
  what: string,
  ask: () => Promise<Value> | Value,
  fits: (value: Value) => boolean,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Value> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const value = await ask();
    if (fits(value)) return value;
    if (performance.now() > deadlineMs) {
      const shown = JSON.stringify(value).slice(0, SHOWN_CHARACTERS);
      throw new Error(`after ${timeoutMs} ms still waiting until ${what}: ${shown}`);
    }
    await delay(INTERVAL_MS, undefined, { signal });
  }
}
