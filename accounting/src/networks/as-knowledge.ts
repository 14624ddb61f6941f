import type { Asn } from '@fairhop/shared/model';
import type { AsGraph } from '@fairhop/shared/net';

/** Who else may be asked about networks. */
export interface AsKnowledge {
  graph(): AsGraph;
  /** AS from which BGP has an address now; undefined where it has none. */
  originOf(address: string): Asn | undefined;
  /** ASes next to it in routes that BGP has now; undefined where no route passes it. */
  neighboursInBgp(asn: Asn): ReadonlySet<Asn> | undefined;
}
