import { isDeepStrictEqual } from 'node:util';
import type { Charge, ContractVersion } from '@fairhop/shared/model';
import { bookedComponent } from '../query/question.js';
import type { Versions } from './agree.js';
import { type ContractKnowledge, networkComponent } from './knowledge.js';

/** What becomes of an accounting object, as `AccountingObjects` takes it. */
export type ObjectChange =
  | {
      readonly type: 'put';
      readonly name: string;
      readonly components: readonly string[];
      readonly fromMs: number;
    }
  | { readonly type: 'close'; readonly atMs: number };

export interface DatedChange {
  readonly object: string;
  readonly change: ObjectChange;
}

/** What carries an object from a time on, until the next. */
export interface Carriers {
  readonly fromMs: number;
  readonly components: readonly string[];
}

interface ObjectsOf {
  readonly contract: string;
  readonly name: string;
  /** Those that came with the contract before. */
  readonly objects: readonly string[];
  /** What was put of an object so far, by time. */
  readonly saidOf: (object: string) => readonly Carriers[];
}

export const objectId = (contract: string, charge: string): string => `${contract}.${charge}`;

/**
 * What the last version's charges are carried by from its begin on; an object whose charge is gone is carried by nothing. One that
 * counts what it counted before goes on as it is, with what networks changed in between.
 */
export function objectsOfVersion(
  contract: ObjectsOf,
  version: Pick<ContractVersion, 'charges' | 'fromMs'>,
  before: Pick<ContractVersion, 'charges'> | undefined,
  knows: ContractKnowledge,
): DatedChange[] {
  const { objects, saidOf } = contract;
  const ids = version.charges.map(({ id }) => objectId(contract.contract, id));
  return [...new Set([...objects, ...ids])].flatMap((object) => {
    const charge = chargeOf(contract, version, object);
    const said = saidOf(object);
    const last = said.at(-1);
    const isAsBefore = isDeepStrictEqual(charge?.usage, chargeOf(contract, before, object)?.usage);
    if (last !== undefined && isAsBefore) return [put(contract, object, charge, last)];
    const { fromMs } = version;
    const components = componentsOf(charge, knows);
    return [
      ...takenBack(contract, object, (timeMs) => timeMs > fromMs),
      put(contract, object, charge, { fromMs, components }),
    ];
  });
}

/** What of an open contract's objects is carried by something else, now that networks are others; the rest is left out. */
export function objectsByNetworks(
  contract: ObjectsOf & { readonly versions: Versions },
  nowMs: number,
  knows: ContractKnowledge,
): DatedChange[] {
  const toCome = contract.versions.filter(({ toMs }) => toMs === null || toMs > nowMs);
  return contract.objects.flatMap((object) => {
    const said = contract.saidOf(object);
    const saidAt = (timeMs: number) => said.findLast(({ fromMs }) => fromMs <= timeMs)?.components ?? [];
    const wanted = toCome.map((version) => {
      const charge = chargeOf(contract, version, object);
      const fromMs = Math.max(version.fromMs, nowMs);
      return { charge, fromMs, components: componentsOf(charge, knows) };
    });
    if (wanted.every(({ fromMs, components }) => isSame(components, saidAt(fromMs)))) return [];
    return [
      ...takenBack(contract, object, (timeMs) => timeMs > nowMs),
      ...wanted.map(({ charge, ...carriers }) => put(contract, object, charge, carriers)),
    ];
  });
}

/** Takes back what never begins, then closes all. */
export const objectsOfEnd = (contract: ObjectsOf, atMs: number): DatedChange[] =>
  contract.objects.flatMap((object) => [
    ...takenBack(contract, object, (timeMs) => timeMs >= atMs),
    { object, change: { type: 'close', atMs } } as const,
  ]);

/** The last one first, since history is written forwards. */
function takenBack(
  contract: ObjectsOf,
  object: string,
  isGone: (fromMs: number) => boolean,
): readonly DatedChange[] {
  const said = contract.saidOf(object);
  return said
    .map(({ fromMs }, index) => ({ fromMs, components: said[index - 1]?.components ?? [] }))
    .filter(({ fromMs }) => isGone(fromMs))
    .reverse()
    .map((carriers) => put(contract, object, undefined, carriers));
}

const put = (
  { name }: ObjectsOf,
  object: string,
  charge: Charge | undefined,
  { fromMs, components }: Carriers,
): DatedChange => ({
  object,
  change: {
    type: 'put',
    name: charge === undefined ? name : `${name}: ${charge.description}`,
    components,
    fromMs,
  },
});

const chargeOf = (
  { contract }: ObjectsOf,
  version: Pick<ContractVersion, 'charges'> | undefined,
  object: string,
): Charge | undefined => version?.charges.find(({ id }) => objectId(contract, id) === object);

const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  isDeepStrictEqual(new Set(one), new Set(other));

/**
 * What carries a charge's bytes: what it crosses, and the links from the network that they leave to the one that they enter, or both
 * networks where these are no neighbours. Empty where any path counts, and without a charge.
 */
function componentsOf(charge: Charge | undefined, knows: ContractKnowledge): string[] {
  if (charge === undefined) return [];
  const { leaves, enters, source, destination, crosses = [] } = charge.usage;
  const links = leaves === undefined || enters === undefined ? [] : knows.linksBetween(leaves, enters);
  const ends = links.length > 0 ? [source, destination] : [leaves, enters, source, destination];
  const networks = ends.filter((ref) => ref !== undefined).map(networkComponent);
  return [...new Set([...crosses.map(bookedComponent), ...links, ...networks])];
}
