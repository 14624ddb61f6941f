import { describe, expect, it } from 'vitest';
import type { AsnMatch, AsnSource } from './asn-source.js';

export interface AsnSourceUnderTest {
  createSource(): Promise<AsnSource> | AsnSource;
  /** An IPv4 and an IPv6 address that the source knows, and what it says about them. */
  known: readonly { address: string; asn: number; name: string | undefined }[];
  /** Addresses that the source does not know. */
  unknown: readonly string[];
}

/** What every implementation of AsnSource keeps to. */
export function describeAsnSource(title: string, { createSource, known, unknown }: AsnSourceUnderTest): void {
  describe(`${title} as an AS source`, () => {
    const ask = async (address: string): Promise<AsnMatch | undefined> => {
      const source = await createSource();
      return await source.lookup(address);
    };

    it.each(known)('knows the AS of $address', async ({ address, asn, name }) => {
      const source = await createSource();
      expect(source.name).not.toBe('');
      const match = await source.lookup(address);
      expect(match).toEqual(
        name === undefined ? { asn, source: match?.source } : { asn, source: match?.source, name },
      );
      expect(match?.source).toMatch(/\S/);
    });

    it('gives the same answer again, and to many at a time', async () => {
      const source = await createSource();
      const addresses = [...known.map(({ address }) => address), ...unknown];
      const first = await Promise.all(addresses.map((address) => source.lookup(address)));
      const again = await Promise.all([...addresses, ...addresses].map((address) => source.lookup(address)));
      expect(first.map((match) => match?.asn)).toEqual([
        ...known.map(({ asn }) => asn),
        ...unknown.map(() => undefined),
      ]);
      expect(again).toEqual([...first, ...first]);
    });

    it('reads an IPv4-mapped IPv6 address as the IPv4 address', async () => {
      const ipv4 = known.find(({ address }) => address.includes('.'));
      expect((await ask(`::ffff:${ipv4?.address}`))?.asn).toBe(ipv4?.asn);
    });

    it('reads an IPv6 address in any form', async () => {
      const ipv6 = known.find(({ address }) => address.includes(':'));
      expect((await ask(ipv6?.address.toUpperCase() ?? ''))?.asn).toBe(ipv6?.asn);
    });

    it.each(unknown)('does not know %s', async (address) => {
      expect(await ask(address)).toBeUndefined();
    });

    it.each(['', 'example.org', '1.2.3', '1.2.3.256', '1.2.3.4\r\nend', '::1::'])(
      'refuses %j',
      async (text) => {
        await expect(ask(text)).rejects.toMatchObject({ code: 'address-malformed' });
      },
    );
  });
}
