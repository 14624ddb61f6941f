import { createBoundedCache } from '@fairhop/shared/model';
import { createPathKnowledge, type SelectionKnowledge } from '../selection/index.js';
import type { SessionServerDependencies } from './dependencies.js';

/** One for each combination of full components that downloads are under now; with costs of all pairs each has some MB. */
const MAX_KNOWLEDGES = 16;

/** Gives what selection knows while some components are closed; the same as long as routes and ALTO maps are the same. */
export function createKnowledgeCache({
  paths,
  alto,
}: Pick<SessionServerDependencies, 'paths' | 'alto'>): (closed: ReadonlySet<string>) => SelectionKnowledge {
  const empty = () => createBoundedCache<ReadonlySet<string>, SelectionKnowledge>(MAX_KNOWLEDGES);
  let madeOf = { paths: paths(), maps: alto.maps() };
  let known = empty();
  return (closed) => {
    if (paths() !== madeOf.paths || alto.maps() !== madeOf.maps) {
      madeOf = { paths: paths(), maps: alto.maps() };
      known = empty();
    }
    let knowledge = known.get(closed);
    if (knowledge === undefined) {
      knowledge = createPathKnowledge(madeOf.paths, closed, madeOf.maps);
      known.set(closed, knowledge);
    }
    return knowledge;
  };
}
