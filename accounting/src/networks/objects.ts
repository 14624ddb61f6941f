import type { AccountingObject } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import type { Clock } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';

export interface AccountingObjects {
  /**
   * Makes an object, or makes its components these from a time on, by default now; what stays is not touched. Throws
   * `object-closed`, `object-out-of-order`, `too-many-objects`, `too-many-entities` (409).
   */
  put(
    id: string,
    change: {
      readonly name: string;
      readonly components: readonly string[];
      readonly fromMs?: number | undefined;
    },
  ): AccountingObject;
  /** Closed again, it stays as it is. Throws `object-unknown` (404), `object-out-of-order` (409). */
  close(id: string, atMs?: number): AccountingObject;
  /** Throws `object-unknown` (404). */
  get(id: string): AccountingObject;
  /** All, or those that a component is or was part of. */
  list(component?: string): AccountingObject[];
  /** Ids of those that a component is or was part of. */
  idsOf(component: string): string[];
}

/** Contracts of one operator, with what carries each. */
const MAX_OBJECTS = 10_000;
/** Rows of all of them; their list is one answer of some 20 MB then. */
const MAX_ENTITIES = 200_000;

interface ObjectRow {
  readonly id: string;
  readonly name: string;
  readonly createdMs: number;
  readonly closedMs: number | null;
}
type Entity = AccountingObject['entities'][number];

export function createAccountingObjects(database: Database, clock: Clock): AccountingObjects {
  const columns = 'id, name, created_ms AS createdMs, closed_ms AS closedMs FROM objects';
  const selectObject = database.prepare<[string], ObjectRow>(`SELECT ${columns} WHERE id = ?`);
  const selectObjects = database.prepare<[], ObjectRow>(`SELECT ${columns} ORDER BY id`);
  const selectEntities = database.prepare<[string], Entity>(
    `SELECT component, from_ms AS fromMs, to_ms AS toMs FROM object_entities WHERE object = ? ORDER BY component, from_ms`,
  );
  const selectIds = database
    .prepare<[string], string>(
      'SELECT DISTINCT object FROM object_entities WHERE component = ? ORDER BY object',
    )
    .pluck();
  const countObjects = database.prepare<[], number>('SELECT count(*) FROM objects').pluck();
  const countEntities = database.prepare<[], number>('SELECT count(*) FROM object_entities').pluck();
  const insertObject = database.prepare('INSERT INTO objects (id, name, created_ms) VALUES (?, ?, ?)');
  const rename = database.prepare('UPDATE objects SET name = ? WHERE id = ?');
  const closeObject = database.prepare('UPDATE objects SET closed_ms = ? WHERE id = ?');
  const insertEntity = database.prepare(
    'INSERT INTO object_entities (object, component, from_ms) VALUES (?, ?, ?)',
  );
  const endEntity = database.prepare(
    'UPDATE object_entities SET to_ms = ? WHERE object = ? AND component = ? AND from_ms = ?',
  );
  const removeEntity = database.prepare(
    'DELETE FROM object_entities WHERE object = ? AND component = ? AND from_ms = ?',
  );

  const get = (id: string): AccountingObject => {
    const row = selectObject.get(id);
    if (row === undefined)
      throw new FairhopError('object-unknown', `there is no accounting object ${id}; the list names them`, {
        status: 404,
      });
    return { ...row, entities: selectEntities.all(id) };
  };
  const end = (id: string, { component, fromMs }: Entity, atMs: number): void => {
    // What would end as it begins never was.
    if (fromMs === atMs) removeEntity.run(id, component, fromMs);
    else endEntity.run(atMs, id, component, fromMs);
  };
  const open = (id: string, name: string): AccountingObject => {
    const row = selectObject.get(id);
    if (row !== undefined) {
      if (row.closedMs !== null) {
        const message = `accounting object ${id} was closed at ${new Date(row.closedMs).toISOString()}; its history stays, take another id`;
        throw new FairhopError('object-closed', message, { status: 409 });
      }
      rename.run(name, id);
    } else {
      if (countObjects.get()! >= MAX_OBJECTS) throw tooMany('too-many-objects', MAX_OBJECTS, 'objects');
      insertObject.run(id, name, clock.nowMs());
    }
    return get(id);
  };
  const put: AccountingObjects['put'] = (id, { name, components, fromMs = clock.nowMs() }) => {
    const { entities } = open(id, name);
    requireLater(id, entities, fromMs);
    const gone = new Map(
      entities.filter(({ toMs }) => toMs === null).map((entity) => [entity.component, entity]),
    );
    for (const component of new Set(components)) {
      if (gone.delete(component)) continue;
      // Back in the moment in which it left: it never did.
      const left = entities.find((entity) => entity.component === component && entity.toMs === fromMs);
      if (left !== undefined) endEntity.run(null, id, component, left.fromMs);
      else insertEntity.run(id, component, fromMs);
    }
    for (const entity of gone.values()) end(id, entity, fromMs);
    if (countEntities.get()! > MAX_ENTITIES) throw tooMany('too-many-entities', MAX_ENTITIES, 'associations');
    return get(id);
  };
  const close = (id: string, atMs: number): AccountingObject => {
    const { entities, closedMs } = get(id);
    if (closedMs !== null) return get(id);
    requireLater(id, entities, atMs);
    for (const entity of entities) if (entity.toMs === null) end(id, entity, atMs);
    closeObject.run(atMs, id);
    return get(id);
  };
  return {
    put: (id, change) => database.transaction(put).immediate(id, change),
    close: (id, atMs = clock.nowMs()) => database.transaction(close).immediate(id, atMs),
    get,
    list: (component) =>
      component === undefined
        ? selectObjects.all().map((row) => ({ ...row, entities: selectEntities.all(row.id) }))
        : selectIds.all(component).map(get),
    idsOf: (component) => selectIds.all(component),
  };
}

/** History is written forwards. */
function requireLater(id: string, entities: readonly Entity[], atMs: number): void {
  const lastMs = entities.reduce((last, { fromMs, toMs }) => Math.max(last, fromMs, toMs ?? 0), 0);
  if (atMs >= lastMs) return;
  const text = (timeMs: number): string => new Date(timeMs).toISOString();
  throw new FairhopError(
    'object-out-of-order',
    `accounting object ${id} changed at ${text(lastMs)}; a later change cannot begin before that, at ${text(atMs)}`,
    { status: 409 },
  );
}

const tooMany = (code: string, maximum: number, what: string): FairhopError =>
  new FairhopError(code, `there are ${maximum} ${what}, which is the most that is kept`, {
    status: 409,
  });
