import { FairhopError } from '@fairhop/shared/model';
import type { FastifyRequest } from 'fastify';

/** Lets the operator do what an owner or ISP does; another owner or ISP gets `forbidden` (403). */
export function requireSelfOrOperator(request: FastifyRequest, kind: 'owner' | 'isp', id: string): void {
  const { principal } = request;
  if (principal?.kind === 'operator' || (principal?.kind === kind && principal.id === id)) return;
  const who = `${principal?.kind} ${principal?.id}`;
  throw new FairhopError('forbidden', `${who} may not act for ${kind} ${id}; use the key of ${id}`, {
    status: 403,
  });
}
