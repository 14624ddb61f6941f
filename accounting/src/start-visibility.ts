import type { Query, QueryResult } from '@fairhop/shared/contract';
import type { Party } from '@fairhop/shared/model';
import type { HttpService } from '@fairhop/shared/service';
import type { Access } from './access.js';
import type { Contracts } from './contracts/index.js';
import type { Ledger } from './ledger/index.js';
import type { NetworkKnowledge } from './network-knowledge.js';
import type { QueryEngine } from './query/index.js';
import type { Reader } from './reading/index.js';
import {
  addVisibilityRoutes,
  createHostNames,
  type VisibilityKnowledge,
  viewerOf,
} from './visibility/index.js';

export interface VisibilityParts {
  readonly http: HttpService;
  readonly auth: Access['auth'];
  readonly ledger: Ledger;
  readonly queries: QueryEngine;
  readonly questions: Reader;
  readonly contracts: Contracts;
  readonly knowledge: NetworkKnowledge;
  /** From which names of hosts come for who must not learn addresses. */
  readonly pseudonymSecret: string;
}

/** Answers a question as a party may have it answered. Throws `not-yours` (403), and as `QueryEngine` does. */
export type AskFor = (query: Query, party: Party) => Promise<QueryResult>;

/** Before `http` starts: it gets routes. */
export function startVisibility(parts: VisibilityParts): AskFor {
  const { http, auth, ledger, queries, questions, contracts, knowledge } = parts;
  const { paths, networks } = knowledge;
  const known: VisibilityKnowledge = {
    hostNames: createHostNames(parts.pseudonymSecret),
    ownersOf: (isp) =>
      new Set(
        contracts
          .list({ party: { kind: 'isp', id: isp } })
          .flatMap(({ issuer, payer }) => [issuer, payer])
          .flatMap(({ kind, id }) => (kind === 'owner' ? [id] : [])),
      ),
    holdersOf: (component) =>
      component.startsWith('peering:')
        ? [...component.matchAll(/as:(\d+)/g)].flatMap(([, asn]) => paths.graph().ispOf(Number(asn)) ?? [])
        : networks.components.history(component).map(({ isp }) => isp),
  };
  const viewer = (party: Party) => viewerOf(party, known);
  const ask: AskFor = async (query, party) => {
    const { restrict, view, tell } = viewer(party);
    const asked = restrict(query);
    return tell(await questions.run(() => queries.answer(asked, view)));
  };
  http.routes((app) =>
    addVisibilityRoutes(app, { auth, ledger, ask, read: questions.run, viewerOf: viewer }),
  );
  return ask;
}
