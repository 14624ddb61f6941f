import { type Agreement, FairhopError } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';

export interface Agreements {
  /** Of one ISP, withdrawn ones included, by id. */
  of(isp: string): readonly Agreement[];
  /** States or changes one. Throws `too-many-agreements` (409). */
  put(agreement: Agreement): void;
  /** Throws `agreement-unknown` (404). One that is withdrawn already stays as it is. */
  withdraw(isp: string, id: string, nowMs: number): Agreement;
}

/** An agreement is for a class of subscribers; each is looked at for every agent of the ISP. */
const MAX_AGREEMENTS_PER_ISP = 100;

/** Agreements, all in memory too: every agent that connects is judged by them. */
export function createAgreements(database: Database): Agreements {
  const upsert = database.prepare(
    'INSERT INTO agreements (isp, id, document) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET document = excluded.document',
  );
  const byIsp = new Map<string, Map<string, Agreement>>();
  const keep = (agreement: Agreement): void => {
    const ofIsp = byIsp.get(agreement.isp) ?? new Map<string, Agreement>();
    byIsp.set(agreement.isp, ofIsp.set(agreement.id, agreement));
  };
  const rows = database.prepare('SELECT document FROM agreements ORDER BY isp, id').pluck().all();
  for (const document of rows) keep(JSON.parse(document as string) as Agreement);

  const store = (agreement: Agreement): void => {
    upsert.run(agreement.isp, agreement.id, JSON.stringify(agreement));
    keep(agreement);
  };
  return {
    of: (isp) => [...(byIsp.get(isp)?.values() ?? [])],
    put(agreement) {
      const ofIsp = byIsp.get(agreement.isp);
      if (ofIsp && ofIsp.size >= MAX_AGREEMENTS_PER_ISP && !ofIsp.has(agreement.id)) {
        const message = `ISP ${agreement.isp} has ${MAX_AGREEMENTS_PER_ISP} agreements, which is the most; change one of them`;
        throw new FairhopError('too-many-agreements', message, { status: 409 });
      }
      store(agreement);
    },
    withdraw(isp, id, nowMs) {
      const present = byIsp.get(isp)?.get(id);
      if (!present) {
        throw new FairhopError('agreement-unknown', `ISP ${isp} has no agreement ${id}`, { status: 404 });
      }
      if (present.withdrawnMs !== undefined) return present;
      const withdrawn = { ...present, withdrawnMs: nowMs };
      store(withdrawn);
      return withdrawn;
    },
  };
}
