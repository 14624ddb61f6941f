import { IndexedSet } from './indexed-set.js';
import type { UploaderGroup } from './swarm-model.js';

/** What a member is to those who look for sources; undefined: nothing now. */
export type Role = 'holder' | 'starter' | undefined;

export const createGroup = (): UploaderGroup => ({ holders: new IndexedSet(), starters: new IndexedSet() });

export const isEmpty = ({ holders, starters }: UploaderGroup): boolean =>
  holders.size === 0 && starters.size === 0;
