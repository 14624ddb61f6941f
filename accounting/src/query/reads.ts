import type { QueryResult } from '@fairhop/shared/contract';
import { type Reading, rowsOf, type Select } from '../reading/index.js';

/** What was read for an answer. */
export class Reads {
  readonly #rowsRead = new Map<string, number>();
  readonly #isExplained: boolean;

  /** What an answer cannot tell as finely as it was asked for. */
  readonly notes = new Set<string>();

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
  get told(): Pick<QueryResult, 'answeredBy' | 'explanation' | 'notes'> {
    const rollups = [...this.#rowsRead].sort(([left], [right]) => (left < right ? 1 : -1));
    return {
      answeredBy: rollups.length === 0 ? 'nothing-matches' : rollups.map(([rollup]) => rollup).join('+'),
      ...(this.notes.size > 0 && { notes: [...this.notes] }),
      ...(this.#isExplained && {
        explanation: rollups.map(([rollup, rowsRead]) => ({ rollup, rowsRead })),
      }),
    };
  }
}
