import type { ExplainedPath } from '@fairhop/shared/model';

/** What the routers themselves do with a packet. */
export interface TruePath {
  /** From the source's to the destination's. */
  readonly asPath: readonly number[];
  /** In order of travel. */
  readonly routers: readonly { readonly name: string; readonly asn: number }[];
  /** Names of the links between ASes that it crosses. */
  readonly peerings: readonly string[];
}

export interface PathComparison {
  readonly isAsPathExact: boolean;
  /** Every router that accounting names is the right one, in the right place and of the right AS. */
  readonly areRoutersExact: boolean;
  /** Routers that accounting names. */
  readonly routers: number;
  readonly differences: readonly string[];
}

/** `nodeOf` knows a router by any of its names and addresses; undefined for one that is not there. */
export function comparePath(
  truth: TruePath,
  explained: Pick<ExplainedPath, 'path'>,
  nodeOf: (nameOrAddress: string) => string | undefined,
): PathComparison {
  const asPath = explained.path?.asPath ?? [];
  const isAsPathExact = asPath.join(' ') === truth.asPath.join(' ');
  const differences = isAsPathExact
    ? []
    : [`the AS path is ${truth.asPath.join(' ')}, accounting has ${asPath.join(' ') || 'none'}`];
  let asn: number | undefined;
  let next = 0;
  let routers = 0;
  let areRoutersExact = true;
  const wrong = (text: string): void => {
    areRoutersExact = false;
    differences.push(text);
  };
  for (const { component } of explained.path?.elements ?? []) {
    if (component.startsWith('as:')) asn = Number(component.slice('as:'.length));
    if (!component.startsWith('router:')) continue;
    routers += 1;
    const node = nodeOf(component.slice('router:'.length));
    const at = truth.routers.findIndex(({ name }, index) => index >= next && name === node);
    if (node === undefined) wrong(`${component} is no router`);
    else if (at === -1) {
      const isOnPath = truth.routers.some(({ name }) => name === node);
      wrong(`${component} (${node}) is ${isOnPath ? 'out of order' : 'not on the path'}`);
    } else {
      next = at + 1;
      const { asn: right } = truth.routers[at]!;
      if (right !== asn) wrong(`${component} (${node}) is of AS ${right}, not of AS ${asn}`);
    }
  }
  return { isAsPathExact, areRoutersExact, routers, differences };
}
