import { type ComponentKind, componentKindOf } from '@fairhop/shared/model';

/** A part of a way, and whether it has to be named. */
interface Expected {
  readonly component: string;
  readonly isDue: boolean;
}

export interface PathComparison {
  readonly isAsPathExact: boolean;
  /** Kinds of which a part is named that is not there, is named in another place, or is not named though it is due. */
  readonly wrongKinds: ReadonlySet<ComponentKind>;
  /** Parts that were due, and those of them that are named. */
  readonly due: readonly string[];
  readonly named: readonly string[];
  readonly differences: readonly string[];
}

/** All that a way has; places are guesses, and hosts are its ends. */
const NOT_COMPARED: ReadonlySet<ComponentKind | undefined> = new Set(['place', 'host']);

/**
 * Compares parts of a way with those that it truly has, both in the order of travel: every one that is named is there and in its
 * place, so also in its AS, and every one that is due is named. `routerOf` knows a router by any of its names and addresses.
 */
export function comparePath(
  truth: readonly Expected[],
  components: readonly string[],
  routerOf: (nameOrAddress: string) => string | undefined,
): PathComparison {
  const differences: string[] = [];
  const wrongKinds = new Set<ComponentKind>();
  const wrong = (component: string, text: string): void => {
    wrongKinds.add(componentKindOf(component)!);
    differences.push(text);
  };
  const [trueAsPath, asPath] = [asPathOf(truth.map(({ component }) => component)), asPathOf(components)];
  const isAsPathExact = trueAsPath === asPath;
  if (!isAsPathExact) differences.push(`the AS path is ${trueAsPath}, accounting has ${asPath || 'none'}`);
  const named = new Set<string>();
  let next = 0;
  for (const component of components) {
    if (NOT_COMPARED.has(componentKindOf(component))) continue;
    const router = component.startsWith('router:') ? component.slice('router:'.length) : undefined;
    const right = router === undefined ? component : `router:${routerOf(router)}`;
    const at = truth.findIndex((one, index) => index >= next && one.component === right);
    if (at !== -1) {
      named.add(right);
      next = at + 1;
    } else if (router !== undefined && routerOf(router) === undefined)
      wrong(component, `${component} is no router`);
    else {
      const isThere = truth.some((one) => one.component === right);
      wrong(component, `${component} is ${isThere ? 'in another place' : 'not on the way'}`);
    }
  }
  const due = truth.filter(({ isDue }) => isDue).map(({ component }) => component);
  for (const component of due) if (!named.has(component)) wrong(component, `${component} is not named`);
  return { isAsPathExact, wrongKinds, due, named: due.filter((one) => named.has(one)), differences };
}

const asPathOf = (components: readonly string[]): string =>
  components
    .filter((component) => component.startsWith('as:'))
    .map((component) => component.slice('as:'.length))
    .join(' ');
