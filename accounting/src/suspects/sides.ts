import type { Steps } from '../networks/steps.js';
import { communitiesOf } from './communities.js';
import { doubtedOf, type Party } from './meetings.js';

/** Two may be wrong together; three who did not choose each other (the lot did) are not (docs/threat-model.md). */
export const MIN_WITNESSES = 3;
/** Two communities of like size may be two networks with a bad line between them: a small one is less than half of the largest. */
const SMALL_COMMUNITY = 1 / 2;

export interface Sides {
  readonly largest: ReadonlySet<string>;
  /** Who is in no community that is half as large. */
  readonly small: ReadonlySet<string>;
  /** Of those, who differs with three of the largest. */
  readonly shields: ReadonlySet<string>;
}

export function* sidesOf(
  parties: ReadonlyMap<string, Party>,
  isGuilty: (agent: string) => boolean,
  addressOf: (agent: string) => string,
): Steps<Sides> {
  const communities = (yield* communitiesOf(parties, isGuilty)).map((members) => ({
    members,
    size: new Set([...members].map(addressOf)).size,
  }));
  const first = communities.reduce((one, other) => (other.size > one.size ? other : one), {
    members: new Set() as ReadonlySet<string>,
    size: 0,
  });
  const small = new Set(parties.keys());
  for (const { members, size } of communities)
    if (size >= first.size * SMALL_COMMUNITY) for (const member of members) small.delete(member);
  const shields = [...small].filter(
    (agent) =>
      doubtedOf(parties.get(agent)!).filter((other) => first.members.has(other)).length >= MIN_WITNESSES,
  );
  return { largest: first.members, small, shields: new Set(shields) };
}
