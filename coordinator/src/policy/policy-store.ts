import type { PolicyChange } from '@fairhop/shared/contract';
import { FairhopError, type Policy, type PolicyTerms, policySchema } from '@fairhop/shared/model';
import type { Clock } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { createListeners } from '../listeners.js';

/** The policies as they were set, on disk before anybody is told, and what happened to each. */
export interface PolicyStore {
  /** By id. */
  list(): readonly Policy[];
  get(id: string): Policy | undefined;
  /** Throws `policy-unknown` (404). */
  require(id: string): Policy;
  /** Throws `too-many-policies` (409). */
  set(id: string, terms: PolicyTerms, setBy: string, actor: string): Policy;
  /** Throws `policy-unknown` (404). */
  remove(id: string, actor: string): Policy;
  note(id: string, change: Omit<PolicyChange, 'timeMs'>): void;
  /** The newest first, of removed ones too. */
  history(id: string): PolicyChange[];
  onChange(listener: () => void): () => void;
}

/** Each flow is held against all of them. */
const MAX_POLICIES = 1_000;
const MAX_LISTED_CHANGES = 100;
/** Of all policies: a busy one begins and ends some times a day. */
const MAX_KEPT_CHANGES = 100_000;

export const policyMigration = `
  CREATE TABLE policies (id TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE policy_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    policy TEXT NOT NULL,
    document TEXT NOT NULL
  ) STRICT;
  CREATE INDEX policy_changes_by_policy ON policy_changes (policy, id);
  `;

export function createPolicyStore(database: Database, clock: Clock): PolicyStore {
  const upsert = database.prepare(
    'INSERT INTO policies (id, document) VALUES (?, ?) ON CONFLICT DO UPDATE SET document = excluded.document',
  );
  const removeRow = database.prepare('DELETE FROM policies WHERE id = ?');
  const insertChange = database.prepare('INSERT INTO policy_changes (policy, document) VALUES (?, ?)');
  const cut = database.prepare(
    'DELETE FROM policy_changes WHERE id <= (SELECT max(id) FROM policy_changes) - ?',
  );
  const selectChanges = database
    .prepare('SELECT document FROM policy_changes WHERE policy = ? ORDER BY id DESC LIMIT ?')
    .pluck();
  const changed = createListeners<void>();
  const rows = database.prepare('SELECT document FROM policies ORDER BY id').pluck().all() as string[];
  const policies = new Map(
    rows.map((text) => policySchema.parse(JSON.parse(text))).map((policy) => [policy.id, policy]),
  );
  let sorted: readonly Policy[] | undefined;

  const note: PolicyStore['note'] = (id, change) => {
    insertChange.run(id, JSON.stringify({ timeMs: clock.nowMs(), ...change }));
    cut.run(MAX_KEPT_CHANGES);
  };
  const write = database.transaction((policy: Policy, by: string) => {
    upsert.run(policy.id, JSON.stringify(policy));
    note(policy.id, { what: 'set', by, text: describeTerms(policy) });
  });
  const erase = database.transaction((id: string, by: string) => {
    removeRow.run(id);
    note(id, { what: 'removed', by, text: 'the policy was removed' });
  });
  const require = (id: string): Policy => {
    const policy = policies.get(id);
    if (policy) return policy;
    throw policyUnknown(id);
  };
  const update = (): void => {
    sorted = undefined;
    changed.tell();
  };

  return {
    list() {
      sorted ??= [...policies.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
      return sorted;
    },
    get: (id) => policies.get(id),
    require,
    set(id, terms, setBy, actor) {
      const before = policies.get(id);
      if (!before && policies.size >= MAX_POLICIES) {
        const message = `${MAX_POLICIES} policies are set, which is the most; remove some`;
        throw new FairhopError('too-many-policies', message, { status: 409 });
      }
      const nowMs = clock.nowMs();
      const policy: Policy = {
        ...terms,
        ...{ id, setBy: before?.setBy ?? setBy, createdMs: before?.createdMs ?? nowMs, changedMs: nowMs },
      };
      write.immediate(policy, actor);
      policies.set(id, policy);
      update();
      return policy;
    },
    remove(id, actor) {
      const policy = require(id);
      erase.immediate(id, actor);
      policies.delete(id);
      update();
      return policy;
    },
    note,
    history: (id) =>
      selectChanges.all(id, MAX_LISTED_CHANGES).map((text) => JSON.parse(text as string) as PolicyChange),
    onChange: changed.add,
  };
}

/** `30000000 bit/s over link:as:1>as:2 for owner studio, 18:00-24:00 Europe/London, released below 90 %`. */
function describeTerms({
  capacityBitsPerSecond,
  component,
  scope,
  hours,
  releasePercent,
}: PolicyTerms): string {
  const whose = {
    all: () => 'all traffic',
    owner: () => `owner ${'owner' in scope ? scope.owner : ''}`,
    title: () => `title ${'title' in scope ? scope.title : ''}`,
    category: () => `category ${'category' in scope ? scope.category : ''}`,
  }[scope.kind]();
  const when = hours === undefined ? 'at all hours' : `${hours.from}-${hours.to} ${hours.timeZone}`;
  return `${capacityBitsPerSecond} bit/s over ${component} for ${whose}, ${when}, released below ${releasePercent} %`;
}

export const policyUnknown = (id: string): FairhopError => {
  const message = `there is no policy ${id}; \`fairhop policy list\` names those that there are`;
  return new FairhopError('policy-unknown', message, { status: 404 });
};
