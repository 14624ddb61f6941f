import { componentKindOf } from '@fairhop/shared/model';

export interface Relations {
  readonly parts: string[];
  readonly partOf: string[];
}

/**
 * What one path says of a component on it. Routers, switches and internal links stand behind the AS that they are in; a link is followed
 * by the peering link that it was and the exchange that it went over.
 */
export function relationsOn(path: readonly string[], component: string): Relations {
  const position = path.indexOf(component);
  switch (position < 0 ? undefined : componentKindOf(component)) {
    case 'as':
      return { parts: insideAfter(path, position), partOf: [] };
    case 'link':
      return { parts: path.slice(position + 1, position + 2).filter(isPeeringOf(component)), partOf: [] };
    case 'peering':
      return {
        parts: [],
        partOf: [linkOfPeering(component), ...path.slice(position + 1, position + 2).filter(isExchange)],
      };
    case 'ixp':
      return { parts: path.slice(Math.max(0, position - 1), position), partOf: [] };
    case 'router':
    case 'switch':
    case 'internal':
      return {
        parts: [],
        partOf: path
          .slice(0, position)
          .filter((id) => componentKindOf(id) === 'as')
          .slice(-1),
      };
    default:
      return { parts: [], partOf: [] };
  }
}

const insideKinds: ReadonlySet<string | undefined> = new Set(['router', 'switch', 'internal']);

function insideAfter(path: readonly string[], position: number): string[] {
  const inside: string[] = [];
  for (const id of path.slice(position + 1)) {
    if (!insideKinds.has(componentKindOf(id))) break;
    inside.push(id);
  }
  return inside;
}

const isPeeringOf = (link: string) => (id: string) =>
  componentKindOf(id) === 'peering' && linkOfPeering(id) === link;
const isExchange = (id: string): boolean => componentKindOf(id) === 'ixp';

/** `peering:as:64501>as:64502/name` is one of `link:as:64501>as:64502`. */
export const linkOfPeering = (peering: string): string =>
  peering.slice(0, peering.indexOf('/')).replace(/^peering:/, 'link:');
