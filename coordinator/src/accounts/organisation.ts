import { FairhopError, type Organisation } from '@fairhop/shared/model';
import type { FastifyRequest } from 'fastify';

/** For whom a user or key acts. */
export function organisationOf({ principal }: FastifyRequest): Organisation {
  if (principal?.kind === 'operator' || principal?.kind === 'owner' || principal?.kind === 'isp')
    return { kind: principal.kind, id: principal.id };
  throw new Error('the route is behind requirePrincipal');
}

/** The operator acts for every organisation, all others for themselves. Throws `not-yours` (403). */
export function checkOrganisation(request: FastifyRequest, wanted: Organisation): void {
  const own = organisationOf(request);
  if (own.kind === 'operator' || (own.kind === wanted.kind && own.id === wanted.id)) return;
  const message = `${own.kind} ${own.id} may not act for ${wanted.kind} ${wanted.id}`;
  throw new FairhopError('not-yours', message, { status: 403 });
}

/** What a list is of: the organisation that is asked for, or all where the operator names none. Throws `not-yours` (403). */
export function listedOrganisation(
  request: FastifyRequest,
  { kind, id }: { kind?: Organisation['kind'] | undefined; id?: string | undefined },
): Organisation | undefined {
  const own = organisationOf(request);
  if (kind === undefined && id === undefined) return own.kind === 'operator' ? undefined : own;
  const wanted = { kind: kind ?? own.kind, id: id ?? (kind === 'operator' ? 'operator' : own.id) };
  checkOrganisation(request, wanted);
  return wanted;
}
