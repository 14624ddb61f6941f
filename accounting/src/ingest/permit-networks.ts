import type { GrantClaims } from '@fairhop/shared/model';
import { inPrefix, NetError, parsePrefix } from '@fairhop/shared/net';
import { rejection } from './rejection.js';

/**
 * An address outside the permit's networks ends the grant; what comes from there is not what the ISP permitted. Throws
 * `uploader-outside-permit`.
 */
export function checkPermit(address: string, { id, networks }: GrantClaims['permit']): void {
  if (networks.some((network) => isWithin(address, network))) return;
  throw rejection(
    'uploader-outside-permit',
    `the uploader sent from ${address}; an address in ${networks.join(' or ')}, the networks of permit ${id}, is right`,
  );
}

/** What is no prefix holds no address. */
function isWithin(address: string, network: string): boolean {
  try {
    return inPrefix(address, parsePrefix(network));
  } catch (error) {
    if (error instanceof NetError) return false;
    throw error;
  }
}
