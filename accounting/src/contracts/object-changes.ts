import type { Charge, ChargedUsage } from '@fairhop/shared/model';
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

interface ObjectsOf {
  readonly contract: string;
  readonly name: string;
  /** Those that came with the contract before. */
  readonly objects: readonly string[];
}

export const objectId = (contract: string, charge: string): string => `${contract}.${charge}`;

/** What the last version's charges are carried by from its begin on; an object whose charge is gone is carried by nothing. */
export function objectsOfVersion(
  { contract, name, objects }: ObjectsOf,
  { charges, fromMs }: { readonly charges: readonly Charge[]; readonly fromMs: number },
  knows: ContractKnowledge,
): DatedChange[] {
  const charged = new Map(charges.map((charge) => [objectId(contract, charge.id), charge]));
  return [...new Set([...objects, ...charged.keys()])].map((object) => {
    const charge = charged.get(object);
    return {
      object,
      change: {
        type: 'put',
        name: charge === undefined ? name : `${name}: ${charge.description}`,
        components: charge === undefined ? [] : componentsOf(charge.usage, knows),
        fromMs,
      },
    };
  });
}

/** Takes back versions that never begin, the last one first, since history is written forwards; then closes all. */
export function objectsOfEnd(
  contract: ObjectsOf,
  { before, atMs }: { readonly before: Versions; readonly atMs: number },
  knows: ContractKnowledge,
): DatedChange[] {
  const takenBack = before
    .map(({ fromMs }, index) => ({ fromMs, previous: before[index - 1] }))
    .filter(({ fromMs }) => fromMs >= atMs)
    .reverse()
    .flatMap(({ fromMs, previous }) =>
      objectsOfVersion(contract, { charges: previous?.charges ?? [], fromMs }, knows),
    );
  const closed = contract.objects.map((object) => ({ object, change: { type: 'close', atMs } }) as const);
  return [...takenBack, ...closed];
}

/**
 * What carries a charge's bytes: what it crosses, and the links from the network that they leave to the one that they enter, or both
 * networks where these are no neighbours. Empty where any path counts.
 */
function componentsOf(usage: ChargedUsage, knows: ContractKnowledge): string[] {
  const { leaves, enters, source, destination, crosses = [] } = usage;
  const links = leaves === undefined || enters === undefined ? [] : knows.linksBetween(leaves, enters);
  const ends = links.length > 0 ? [source, destination] : [leaves, enters, source, destination];
  const networks = ends.filter((ref) => ref !== undefined).map(networkComponent);
  return [...new Set([...crosses.map(bookedComponent), ...links, ...networks])];
}
