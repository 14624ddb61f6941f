import { FairhopError, type Party, type PartyDetails } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';

interface PartyEntry {
  readonly party: Party;
  readonly details: PartyDetails;
}

export interface PartyStore {
  /** Throws `too-many-parties` (409). */
  put(party: Party, details: PartyDetails): PartyEntry;
  get(party: Party): PartyDetails | undefined;
  list(): PartyEntry[];
}

/** Owners and ISPs of one operator; their list is one answer of some 10 MB then. */
const MAX_PARTIES = 20_000;

interface PartyRow extends Party {
  readonly details: string;
}

export function createPartyStore(database: Database): PartyStore {
  const select = database
    .prepare<[Party], string>('SELECT details FROM parties WHERE kind = @kind AND id = @id')
    .pluck();
  const all = database.prepare<[], PartyRow>('SELECT kind, id, details FROM parties ORDER BY kind, id');
  const count = database.prepare<[], number>('SELECT count(*) FROM parties').pluck();
  const upsert = database.prepare<[PartyRow]>(
    `INSERT INTO parties (kind, id, details) VALUES (@kind, @id, @details)
     ON CONFLICT (kind, id) DO UPDATE SET details = excluded.details`,
  );
  const parse = (details: string): PartyDetails => JSON.parse(details) as PartyDetails;
  return {
    put(party, details) {
      if (select.get(party) === undefined && count.get()! >= MAX_PARTIES) {
        const message = `there are ${MAX_PARTIES} parties, which is the most that is kept`;
        throw new FairhopError('too-many-parties', message, { status: 409 });
      }
      upsert.run({ ...party, details: JSON.stringify(details) });
      return { party, details };
    },
    get(party) {
      const details = select.get(party);
      return details === undefined ? undefined : parse(details);
    },
    list: () => all.all().map(({ kind, id, details }) => ({ party: { kind, id }, details: parse(details) })),
  };
}
