import { createHmac } from 'node:crypto';
import { agentKeySchema, hostId, type Party } from '@fairhop/shared/model';

/** What a party gets to see of a host: its key, or what stands for its address. */
export type HostNames = (reader: Party, host: string) => string;

/** No key and no address has one. */
const MARK = 'pseudonym~';

/** Whether a host is named by a key, which tells nothing of where or who it is. */
export const isNamedByKey = (host: string): boolean =>
  agentKeySchema.safeParse(host.slice(hostId('').length)).success;

/**
 * Names of hosts for who must not learn addresses: keys stay, each address becomes an HMAC-SHA-256 (RFC 2104) under a secret of the
 * service, of 128 bits, among which two addresses do not meet. It stays the same for one reader, and two readers cannot find by their
 * answers that they have a client in common.
 */
export const createHostNames =
  (secret: string): HostNames =>
  ({ kind, id }, host) => {
    if (isNamedByKey(host)) return host;
    const digest = createHmac('sha256', secret).update(`${kind}:${id}\n${host}`).digest('hex');
    return hostId(`${MARK}${digest.slice(0, 32)}`);
  };
