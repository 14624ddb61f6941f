import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { detectNat, natFactsOf, stunServerOf } from './nat.js';
import { decodeBindingResponse, type Endpoint, encodeBindingRequest } from './stun-message.js';

/** RFC 5769 section 2.2: the sample IPv4 response; mapped address 192.0.2.1 port 32853. */
const sampleIpv4 = Buffer.from(
  '0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a6430008001' +
    '42b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96',
  'hex',
);
/** RFC 5769 section 2.3: the sample IPv6 response. */
const sampleIpv6 = Buffer.from(
  '010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179' +
    'bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c',
  'hex',
);

describe('STUN messages', () => {
  it('reads the samples of RFC 5769', () => {
    const transactionId = Buffer.from('b7e7a701bc34d686fa87dfae', 'hex');
    expect(decodeBindingResponse(sampleIpv4)).toEqual({
      transactionId,
      mapped: { address: '192.0.2.1', port: 32853 },
    });
    expect(decodeBindingResponse(sampleIpv6)).toEqual({
      transactionId,
      mapped: { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32853 },
    });
    expect(encodeBindingRequest(transactionId).toString('hex')).toBe(
      '000100002112a442b7e7a701bc34d686fa87dfae',
    );
  });

  it('takes nothing else for an answer, and never throws', () => {
    const damaged = fc
      .tuple(
        fc.constantFrom(sampleIpv4, sampleIpv6),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
        fc.nat(),
      )
      .map(([sample, changes, cut]) => {
        const bytes = Buffer.from(sample);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        return bytes.subarray(0, cut % (bytes.length + 1));
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (bytes) => {
        const answer = decodeBindingResponse(bytes);
        // What is read lies in a whole message.
        if (answer) expect(Buffer.from(bytes).readUInt16BE(2)).toBe(bytes.length - 20);
      }),
      { numRuns: 5000 },
    );
    // An attribute that reaches beyond the message, after one that is whole.
    const beyond = Buffer.concat([
      success(Buffer.alloc(12), { address: '192.0.2.1', port: 1 }),
      Buffer.from('8022000861626364', 'hex'),
    ]);
    beyond.writeUInt16BE(beyond.length - 20, 2);
    expect(decodeBindingResponse(beyond)).toBeUndefined();
    for (let length = 0; length < sampleIpv4.length; length += 1) {
      expect(decodeBindingResponse(sampleIpv4.subarray(0, length))).toBeUndefined();
    }
  });
});

describe('NAT', () => {
  const own = '192.168.1.7';
  const mapping = (address: string, port: number): Endpoint => ({ address, port });
  it.each([
    [[mapping(own, 4000)], { natType: 'none', mappedAddress: own }],
    [[mapping('192.0.2.1', 1)], { natType: 'unknown', mappedAddress: '192.0.2.1' }],
    [[mapping('192.0.2.1', 1), undefined], { natType: 'unknown', mappedAddress: '192.0.2.1' }],
    [
      [mapping('192.0.2.1', 1), mapping('192.0.2.1', 1)],
      { natType: 'endpoint-independent', mappedAddress: '192.0.2.1' },
    ],
    [
      [mapping('192.0.2.1', 1), mapping('192.0.2.1', 2)],
      { natType: 'endpoint-dependent', mappedAddress: '192.0.2.1' },
    ],
    [
      [mapping('192.0.2.1', 1), mapping('192.0.2.2', 1)],
      { natType: 'endpoint-dependent', mappedAddress: '192.0.2.1' },
    ],
    [[undefined], { natType: 'unknown' }],
    [[undefined, undefined], { natType: 'udp-blocked' }],
  ])('mappings %j are %j', (mappings, facts) => {
    expect(natFactsOf(own, mappings)).toEqual(facts);
  });

  it.each([
    ['stun:stun.example:3479', { host: 'stun.example', port: 3479 }],
    ['stun:192.0.2.1', { host: '192.0.2.1', port: 3478 }],
    ['stun:[2001:db8::1]:99', { host: '2001:db8::1', port: 99 }],
    ['turn:relay.example', undefined],
    ['stun:', undefined],
  ])('%s', (url, server) => expect(stunServerOf(url)).toEqual(server));

  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.close();
  });

  /** A STUN server on loopback that says what `seen` makes of the client's address; a forger is faster than it. */
  async function server(
    address: string,
    seen: (client: RemoteInfo) => Endpoint,
    other?: Endpoint,
  ): Promise<Endpoint> {
    const socket = createSocket('udp4');
    sockets.push(socket);
    socket.on('message', (request, client) => {
      const forged = Buffer.from(request.subarray(8, 20)).fill(7);
      socket.send(success(forged, { address: '203.0.113.66', port: 66 }), client.port, client.address);
      socket.send(success(request.subarray(8, 20), seen(client), other), client.port, client.address);
    });
    await new Promise<void>((resolve) => socket.bind({ address, port: 0 }, resolve));
    return { address, port: socket.address().port };
  }
  const urlOf = ({ address, port }: Endpoint): string => `stun:${address}:${port}`;
  const ask = (...servers: Endpoint[]) =>
    detectNat({
      stunServers: servers.map(urlOf),
      ownAddress: '127.0.0.1',
      signal: new AbortController().signal,
    });

  it('is told by what two servers see', async () => {
    const plain = await server('127.0.0.2', ({ address, port }) => ({ address, port }));
    expect(await ask(plain)).toEqual({ natType: 'none', mappedAddress: '127.0.0.1' });
    const same = () => ({ address: '192.0.2.5', port: 700 });
    const [first, second] = [await server('127.0.0.2', same), await server('127.0.0.3', same)];
    expect(await ask(first)).toEqual({ natType: 'unknown', mappedAddress: '192.0.2.5' });
    expect(await ask(first, second)).toEqual({ natType: 'endpoint-independent', mappedAddress: '192.0.2.5' });
    const differs = await server('127.0.0.3', () => ({ address: '192.0.2.5', port: 701 }));
    expect(await ask(first, differs)).toEqual({ natType: 'endpoint-dependent', mappedAddress: '192.0.2.5' });
  });

  it('is told by one server that has two addresses', async () => {
    const second = await server('127.0.0.3', () => ({ address: '192.0.2.5', port: 701 }));
    const first = await server('127.0.0.2', () => ({ address: '192.0.2.5', port: 700 }), second);
    expect(await ask(first)).toEqual({ natType: 'endpoint-dependent', mappedAddress: '192.0.2.5' });
  });
});

function success(transactionId: Uint8Array, mapped: Endpoint, other?: Endpoint): Buffer {
  const mask = Buffer.from([0x21, 0x12, 0xa4, 0x42]);
  const attributes = Buffer.concat([
    attribute(0x0020, mapped, mask),
    ...(other === undefined ? [] : [attribute(0x802c, other, Buffer.alloc(4))]),
  ]);
  const header = Buffer.alloc(20);
  header.writeUInt16BE(0x0101, 0);
  header.writeUInt16BE(attributes.length, 2);
  mask.copy(header, 4);
  header.set(transactionId, 8);
  return Buffer.concat([header, attributes]);
}

function attribute(type: number, { address, port }: Endpoint, mask: Buffer): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(8, 2);
  bytes.writeUInt8(1, 5);
  bytes.writeUInt16BE(port ^ mask.readUInt16BE(0), 6);
  for (const [index, octet] of address.split('.').entries())
    bytes.writeUInt8(Number(octet) ^ mask[index]!, 8 + index);
  return bytes;
}
