import {
  asId,
  exchangeId,
  internalLinkId,
  ispComponentId,
  linkId,
  peeringId,
  routerId,
  switchId,
} from '@fairhop/shared/model';
import { found, hostOf, type Internet, networkOf, routerOf } from '../internet-model.js';
import type { Crossing } from './crossings.js';
import type { ForwardedPath } from './forwarded-paths.js';

/** A part of a way as accounting would call it. */
export interface TrueElement {
  readonly component: string;
  /** Whether accounting was told enough to name it. */
  readonly isDue: boolean;
}

/** What accounting can know of a way beside its ASes. */
export interface Told {
  /** ASes whose ISP declared its network. */
  readonly declaredAsns: ReadonlySet<number>;
  /** Routers that answered a traceroute of this way. */
  readonly answered: ReadonlySet<string>;
}

/**
 * The parts of the way that the kernels forward by, in the order in which accounting tells them. Due are ASes, the links between
 * them and ISPs always; what is inside of a declared AS and the peering links at its borders; routers that answered; an exchange
 * where one of these is, and where the source's own router has its next hop there.
 */
export function trueElements(
  internet: Internet,
  { source, asPath, crossings }: Pick<ForwardedPath, 'source' | 'asPath' | 'crossings'>,
  { declaredAsns, answered }: Told,
): TrueElement[] {
  let { asn } = hostOf(internet, source);
  let before: string | undefined;
  const isDeclared = (): boolean => declaredAsns.has(asn);
  const elements: TrueElement[] = [{ component: asId(asn), isDue: true }];
  const enter = ({ into, peering }: Crossing): void => {
    const { asn: next } = routerOf(internet, into.node);
    const isKnown = isDeclared() || declaredAsns.has(next);
    const { name, exchange } = found(peering, `peering from AS ${asn} into ${into.node}`);
    elements.push(
      { component: linkId(asn, next), isDue: true },
      { component: peeringId(asn, next, name), isDue: isKnown },
    );
    if (exchange !== null) {
      const isNextHop = asn === asPath[0];
      elements.push({
        component: exchangeId(exchange),
        isDue: isKnown || isNextHop || answered.has(into.node),
      });
    }
    elements.push({ component: asId(next), isDue: true });
    asn = next;
    before = undefined;
  };
  const pass = (name: string, component: string, isDue: boolean): void => {
    if (before !== undefined) elements.push({ component: internalLinkId(before, name), isDue: isDeclared() });
    elements.push({ component, isDue });
    before = name;
  };
  for (const crossing of crossings) {
    if (crossing.peering !== undefined) enter(crossing);
    const over = internet.switches.find(({ name }) => name === crossing.over);
    if (over !== undefined) pass(over.dnsName, switchId(over.dnsName), isDeclared());
    const router = internet.routers.find(({ name }) => name === crossing.into.node);
    if (router !== undefined)
      pass(router.dnsName, routerId(router.dnsName), isDeclared() || answered.has(router.name));
  }
  const isps = new Set(asPath.map((one) => ispComponentId(networkOf(internet, one).isp)));
  return [...elements, ...[...isps].map((component) => ({ component, isDue: true }))];
}
