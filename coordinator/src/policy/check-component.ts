import { type ComponentKind, componentKindOf, FairhopError } from '@fairhop/shared/model';
import type { AsGraph, AsPaths } from '@fairhop/shared/net';
import type { ComponentFacts } from './component-facts.js';

export interface ComponentCheckDependencies {
  graph(): AsGraph;
  paths(): AsPaths;
  readonly facts: Pick<ComponentFacts, 'ask'>;
}

/** Who may limit what. */
export interface ComponentCheck {
  /**
   * @param isp undefined for the operator.
   * Throws `component-unknown` (422), `component-not-of-isp` (403) and `component-unverifiable` (503).
   */
  require(component: string, isp: string | undefined): Promise<void>;
  /** Whether an ISP's bytes enter, leave or stay there, as far as the AS graph tells. */
  touches(component: string, isp: string): boolean;
}

/** Only accounting knows of these: by the ISPs' declared topologies, and by paths that traffic was booked for. */
const inventoried: readonly ComponentKind[] = ['peering', 'router', 'switch', 'internal'];

export function createComponentCheck({ graph, paths, facts }: ComponentCheckDependencies): ComponentCheck {
  /** AS numbers in its id: of an AS, a link or a peering. */
  const asnsOf = (component: string): number[] =>
    [...component.split('/')[0]!.matchAll(/as:(\d+)/g)].map(([, asn]) => Number(asn));
  const isLink = (from: number, to: number): boolean => {
    const ends = [from, to];
    return (
      graph().links.some((link) => ends.includes(link.from) && ends.includes(link.to)) ||
      paths().path(from, to)?.length === 2
    );
  };
  const problemOf = (component: string): string | undefined => {
    const kind = componentKindOf(component);
    if (kind === 'isp') {
      const id = component.slice('isp:'.length);
      return graph().isp(id) ? undefined : `ISP ${id} is not in the AS graph`;
    }
    if (kind === 'ixp') {
      const id = component.slice('ixp:'.length);
      return graph().exchanges.some((exchange) => exchange.id === id)
        ? undefined
        : `exchange point ${id} is not in the AS graph`;
    }
    const asns = asnsOf(component);
    const [from, to] = asns;
    const stranger = asns.find((asn) => graph().autonomousSystem(asn) === undefined);
    if (stranger !== undefined) return `AS ${stranger} is not in the AS graph`;
    if (from !== undefined && to !== undefined && !isLink(from, to))
      return `AS ${from} and AS ${to} are not adjacent`;
    return undefined;
  };
  const touches = (component: string, isp: string): boolean =>
    component === `isp:${isp}` || asnsOf(component).some((asn) => graph().ispOf(asn) === isp);

  return {
    touches,
    async require(component, isp) {
      const kind = componentKindOf(component)!;
      const problem = problemOf(component);
      const unknown = (why: string): FairhopError =>
        new FairhopError('component-unknown', `there is no component ${component}: ${why}`, { status: 422 });
      if (problem !== undefined) throw unknown(problem);
      const foreign = new FairhopError(
        'component-not-of-isp',
        `${component} is not of ISP ${isp}: an ISP sets policies on what is its own and on links that lead into or out of its networks`,
        { status: 403 },
      );
      // Strangers learn nothing of what others have.
      if (isp !== undefined && (kind === 'ixp' || kind === 'peering') && !touches(component, isp))
        throw foreign;
      if (inventoried.includes(kind)) {
        const fact = await facts.ask(component);
        const isOwn = isp === undefined || kind === 'peering' || fact.owner === isp;
        if (!fact.known)
          throw isp === undefined || kind === 'peering'
            ? unknown('no ISP declared it, and it is on no path that traffic was booked for')
            : foreign;
        if (!isOwn) throw foreign;
      } else if (isp !== undefined && !touches(component, isp)) throw foreign;
    },
  };
}
