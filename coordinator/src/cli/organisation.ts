import type { Organisation } from '@fairhop/shared/model';
import type { CallOptions } from './command-kit.js';

export interface OrganisationOptions extends CallOptions {
  readonly owner?: string;
  readonly isp?: string;
  readonly operator?: boolean;
}

/** What the options name; undefined: the caller's own. */
export function organisationOf({ owner, isp, operator }: OrganisationOptions): Organisation | undefined {
  if (owner !== undefined) return { kind: 'owner', id: owner.toLowerCase() };
  if (isp !== undefined) return { kind: 'isp', id: isp.toLowerCase() };
  return operator === true ? { kind: 'operator', id: 'operator' } : undefined;
}

export const organisationText = ({ kind, id }: Organisation): string =>
  kind === id ? kind : `${kind} ${id}`;
