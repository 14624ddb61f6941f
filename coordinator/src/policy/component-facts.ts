import { createBoundedCache, FairhopError } from '@fairhop/shared/model';

/** What accounting says of a component. */
export interface ComponentFact {
  /** Declared by an ISP, or on a path that traffic was booked for. */
  readonly known: boolean;
  /** The ISP that is paid for it. */
  readonly owner: string | null;
}

/** What only accounting knows of components: it is asked when it comes the next time, about each second. */
export interface ComponentFacts {
  /** Throws `component-unverifiable` (503) when accounting does not come, or did not for a while. */
  ask(component: string): Promise<ComponentFact>;
  /** Accounting is there: those that somebody waits for. */
  wanted(): string[];
  tell(component: string, fact: ComponentFact): void;
  /** Ends all waits. */
  stop(): void;
}

/** Accounting comes each second. */
const TIMEOUT_MS = 4_000;
/** After it came the last time it is taken to come again for so long. */
const EXPECTED_MS = 15_000;
/** Each is a request of an ISP or the operator that waits. */
const MAX_WAITING = 100;
const MAX_REMEMBERED = 1_000;

export function createComponentFacts(nowMs: () => number): ComponentFacts {
  let cameMs = Number.NEGATIVE_INFINITY;
  const facts = createBoundedCache<string, ComponentFact>(MAX_REMEMBERED);
  const waiting = new Map<string, Set<(fact: ComponentFact | undefined) => void>>();
  const unverifiable = (component: string): FairhopError =>
    new FairhopError(
      'component-unverifiable',
      `whether there is a component ${component}, only accounting knows, and it does not tell right now; is it running, with this coordinator's token?`,
      { status: 503 },
    );
  return {
    ask: (component) =>
      new Promise((resolve, reject) => {
        const waiters = waiting.get(component) ?? new Set();
        const known = facts.get(component);
        const isAway = nowMs() - cameMs > EXPECTED_MS;
        if (isAway && known) {
          resolve(known);
          return;
        }
        if (isAway || waiting.size >= MAX_WAITING || waiters.size >= MAX_WAITING) {
          reject(unverifiable(component));
          return;
        }
        waiting.set(component, waiters);
        const settle = (fact: ComponentFact | undefined): void => {
          clearTimeout(timer);
          waiters.delete(settle);
          if (waiters.size === 0) waiting.delete(component);
          if (fact) resolve(fact);
          else reject(unverifiable(component));
        };
        const timer = setTimeout(() => settle(known), TIMEOUT_MS);
        waiters.add(settle);
      }),
    wanted() {
      cameMs = nowMs();
      return [...waiting.keys()];
    },
    tell(component, fact) {
      facts.set(component, fact);
      for (const settle of [...(waiting.get(component) ?? [])]) settle(fact);
    },
    stop() {
      for (const waiters of [...waiting.values()]) for (const settle of [...waiters]) settle(undefined);
    },
  };
}
