import { publicKeySchema, slugSchema, timeMsSchema } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { createFacts } from '../edge-database.js';

const stateSchema = z.object({
  /** Where it was learnt: another coordinator's keys are not believed. */
  coordinatorUrl: z.string(),
  coordinatorId: z.string(),
  /** Keys that sign URL tokens, by `kid`. */
  keys: z.record(z.string(), publicKeySchema),
  /** What to add to this machine's clock for the coordinator's time. */
  clockOffsetMs: z.int(),
  /** The id under which this edge's key is registered. */
  registeredAs: slugSchema.optional(),
  access: z.object({ accessToken: z.string(), expiresMs: timeMsSchema }).optional(),
  accountingUrl: z.string().optional(),
  withdrawnRevision: z.int().min(0),
});
export type CoordinatorKnowledge = z.infer<typeof stateSchema>;

/** What the edge learnt from its coordinator, kept so that it works on while the coordinator is away. */
export interface CoordinatorState {
  /** Undefined before the first contact. */
  readonly known: CoordinatorKnowledge | undefined;
  update(knowledge: CoordinatorKnowledge): void;
  isWithdrawn(contentId: string): boolean;
  /** Changes and the revision that they lead to, in one transaction. */
  applyChanges(
    changes: readonly { contentId: string; state: 'published' | 'withdrawn' }[],
    revision: number,
  ): void;
}

export function createCoordinatorState(database: Database, coordinatorUrl: string): CoordinatorState {
  const facts = createFacts(database);
  const selectWithdrawn = database.prepare<[string]>('SELECT 1 FROM withdrawn WHERE content_id = ?');
  const insertWithdrawn = database.prepare<[string]>(
    'INSERT OR IGNORE INTO withdrawn (content_id) VALUES (?)',
  );
  const deleteWithdrawn = database.prepare<[string]>('DELETE FROM withdrawn WHERE content_id = ?');
  let known = load(facts.get('coordinator'), coordinatorUrl);

  const update = (knowledge: CoordinatorKnowledge): void => {
    facts.set('coordinator', JSON.stringify(knowledge));
    known = knowledge;
  };
  const apply = database.transaction<CoordinatorState['applyChanges']>((changes, revision) => {
    for (const { contentId, state } of changes) {
      if (state === 'withdrawn') insertWithdrawn.run(contentId);
      else deleteWithdrawn.run(contentId);
    }
    if (known !== undefined) update({ ...known, withdrawnRevision: revision });
  });
  return {
    get known() {
      return known;
    },
    update,
    isWithdrawn: (contentId) => selectWithdrawn.get(contentId) !== undefined,
    applyChanges: (changes, revision) => apply.immediate(changes, revision),
  };
}

function load(text: string | undefined, coordinatorUrl: string): CoordinatorKnowledge | undefined {
  if (text === undefined) return undefined;
  const state = stateSchema.safeParse(JSON.parse(text));
  return state.success && state.data.coordinatorUrl === coordinatorUrl ? state.data : undefined;
}
