import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from '@fairhop/shared/net';
import { buildConnector } from 'undici';

const CONNECT_TIMEOUT_MS = 10_000;

/** All that a name leads to. */
export type LookupAll = (
  name: string,
  options: LookupOptions,
  done: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

const systemLookup: LookupAll = (name, options, done) => {
  lookup(name, { ...options, all: true }, (error, addresses) => done(error, addresses ?? []));
};

/** What a name leads to that is public; an error where nothing is. */
export const createPublicLookup =
  (lookupAll: LookupAll = systemLookup): LookupFunction =>
  (name, options, done) =>
    lookupAll(name, options, (error, addresses) => {
      if (error) return done(error, '');
      const allowed = addresses.filter(({ address }) => isPublicAddress(withoutZone(address)));
      const [first] = allowed;
      if (first === undefined) return done(notPublic(name), '');
      if (options.all) done(null, allowed);
      else done(null, first.address, first.family);
    });

/**
 * Connects to public addresses only. What is checked is what is connected to, so that a name that is answered in another way a
 * moment later leads nowhere else.
 */
export function createPublicConnector(): buildConnector.connector {
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, lookup: createPublicLookup() });
  return (options, done) => {
    // Addresses are not looked up.
    const host = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !isPublicAddress(withoutZone(host))) return done(notPublic(host), null);
    connect(options, done);
  };
}

const withoutZone = (address: string): string => address.replace(/%.*$/, '');
const notPublic = (host: string): Error => new Error(`${host} is at no public address`);
