import { FairhopError } from '@fairhop/shared/model';
import type { AsGraph, Isp } from '@fairhop/shared/net';

/** Throws `isp-unknown` (404). */
export function requireIsp(graph: AsGraph, id: string): Isp {
  const known = graph.isp(id);
  if (known) return known;
  const message = `ISP ${id} is not in the AS graph; add it there with its ASes and prefixes`;
  throw new FairhopError('isp-unknown', message, { status: 404 });
}
