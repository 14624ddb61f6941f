import type { QueryResult } from '@fairhop/shared/contract';
import { type Reading, rowsOf, type Select } from '../reading/index.js';

/** What was read for an answer. */
export class Reads {
  readonly #rowsRead = new Map<string, number>();
  readonly #isExplained: boolean;

  constructor(isExplained: boolean) {
    this.#isExplained = isExplained;
  }

  /** Counts the rows too, where it is to be explained: that takes as long as reading them. */
  *add(rollup: string, countRead: Select): Reading<void> {
    const before = this.#rowsRead.get(rollup) ?? 0;
    this.#rowsRead.set(rollup, before);
    if (!this.#isExplained) return;
    const [counted] = yield* rowsOf<{ rowsRead: number }>(countRead);
    this.#rowsRead.set(rollup, before + counted!.rowsRead);
  }

  /** Nothing had to be read when no route or no time matches. */
  get told(): Pick<QueryResult, 'answeredBy' | 'explanation'> {
    const rollups = [...this.#rowsRead].sort(([left], [right]) => (left < right ? 1 : -1));
    return {
      answeredBy: rollups.length === 0 ? 'nothing-matches' : rollups.map(([rollup]) => rollup).join('+'),
      ...(this.#isExplained && {
        explanation: rollups.map(([rollup, rowsRead]) => ({ rollup, rowsRead })),
      }),
    };
  }
}
