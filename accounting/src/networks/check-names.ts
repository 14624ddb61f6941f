import type { Asn, Topology } from '@fairhop/shared/model';
import type { AsConflict } from './as-conflicts.js';
import type { Remark } from './remark.js';
import type { Steps } from './steps.js';
import { withNodes } from './within-ases.js';

/** An ISP whose declaration in force has a name, and the AS in which it has it. */
export interface NameHolder {
  readonly isp: string;
  readonly asn: Asn | undefined;
}

export interface NameFacts {
  readonly isp: string;
  /** The ISP that holds the name when the declaration begins, else now. */
  holderOf(node: string): NameHolder | undefined;
  /** The registered domain of a DNS name; undefined where it is none. */
  domainOf(node: string): string | undefined;
  /** The other ISP whose names are under the domain when the declaration begins, else now, and this one's are not. */
  userOf(domain: string): NameHolder | undefined;
}

/**
 * A declaration without nodes whose names are others', and what is on them: a name is a component, and who has it is paid for it.
 * Each is a remark `name-taken` to the ISP and a conflict for the operator, whose own word takes a name over.
 */
export function* withoutTakenNames(
  topology: Topology,
  { isp, holderOf, domainOf, userOf }: NameFacts,
): Steps<{ topology: Topology; refused: Remark[]; conflicts: AsConflict[] }> {
  const refused: Remark[] = [];
  const conflicts: AsConflict[] = [];
  const taken = new Set<string>();
  const users = new Map<string, NameHolder | undefined>();
  const userOfDomain = (domain: string | undefined): NameHolder | undefined => {
    if (domain === undefined) return undefined;
    if (!users.has(domain)) users.set(domain, userOf(domain));
    return users.get(domain);
  };
  for (const { name, asn } of topology.nodes) {
    yield;
    const holder = holderOf(name);
    if (holder?.isp === isp) continue;
    const domain = domainOf(name);
    const other = holder ?? userOfDomain(domain);
    if (other === undefined) continue;
    taken.add(name);
    const whose = holder === undefined ? `under ${domain}, which is` : 'a node';
    const remark = {
      what: `node ${name}`,
      code: 'name-taken',
      message: `${name} is ${whose} of ISP ${other.isp}; it is left out with what is on it until the operator confirms it`,
    };
    refused.push(remark);
    const usedAsPath = other.asn === undefined ? [] : [other.asn];
    conflicts.push({ ...remark, used: 'declared', usedAsPath, declaredAsPath: [asn] });
  }
  return { topology: withNodes(topology, ({ name }) => !taken.has(name)), refused, conflicts };
}
