import type { Asn, FieldError, Topology } from '@fairhop/shared/model';
import type { AsGraph } from '@fairhop/shared/net';
import type { AsConflict } from './as-conflicts.js';
import { type NameHolder, withoutTakenNames } from './check-names.js';
import { withoutForeign } from './check-ownership.js';
import { inLowerCase, structureErrors } from './check-structure.js';
import { type DeclaredComponents, domainOf } from './declared-components.js';
import { type Remark, toldRemarks } from './remark.js';
import type { Steps } from './steps.js';

interface DeclarationFacts {
  readonly isp: string;
  /** The operator's word: what is others' counts too. */
  readonly isConfirmed: boolean;
  /** When it begins, and now: a name that nobody has then may not be another's now. */
  readonly timesMs: readonly number[];
  readonly graph: AsGraph;
  readonly components: Pick<DeclaredComponents, 'holderOf' | 'userOf'>;
  originOf(address: string): Asn | undefined;
}

interface CheckedDeclaration {
  /** Where there are any, none of it can be used. */
  readonly errors: readonly FieldError[];
  /** What counts of it. */
  readonly topology: Topology;
  readonly refused: readonly Remark[];
  readonly nameConflicts: readonly AsConflict[];
}

/** What of a declaration counts, its names in lower case. */
export function* checkDeclaration(given: Topology, facts: DeclarationFacts): Steps<CheckedDeclaration> {
  const { isp, isConfirmed, timesMs, graph, components, originOf } = facts;
  const topology = inLowerCase(given);
  yield;
  const errors = yield* structureErrors(topology, { isp, graph });
  if (isConfirmed || errors.length > 0) return { errors, topology, refused: [], nameConflicts: [] };
  const named = yield* withoutTakenNames(topology, {
    isp,
    domainOf,
    holderOf: (node) => firstOf(timesMs, (timeMs) => components.holderOf(node, timeMs)),
    userOf: (domain) => userOf(domain, facts),
  });
  const own = yield* withoutForeign(named.topology, { isp, graph, originOf });
  return {
    errors,
    topology: own.topology,
    refused: toldRemarks([...named.refused, ...own.refused]),
    nameConflicts: toldRemarks(named.conflicts),
  };
}

/** A domain that is called like an ISP is that one's, whether or not it declared anything; else of who declared names under it. */
function userOf(
  domain: string,
  { isp, timesMs, graph, components }: DeclarationFacts,
): NameHolder | undefined {
  const label = plain(domain.slice(0, domain.indexOf('.')));
  if (label === plain(isp)) return undefined;
  const called = graph.isps.find(({ id }) => plain(id) === label);
  if (called === undefined) {
    const user = firstOf(timesMs, (timeMs) => components.userOf(domain, isp, timeMs));
    return user?.isp === isp ? undefined : user;
  }
  const asn = graph.asesOfIsp(called.id)[0];
  return { isp: called.id, asn };
}

function firstOf(
  timesMs: readonly number[],
  holderAt: (timeMs: number) => NameHolder | undefined,
): NameHolder | undefined {
  for (const timeMs of timesMs) {
    const holder = holderAt(timeMs);
    if (holder !== undefined) return holder;
  }
  return undefined;
}

const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
