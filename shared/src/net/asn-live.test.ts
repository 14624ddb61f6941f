import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createLiveAsnSource } from './asn-live.js';
import { describeAsnSource } from './asn-source-compliance.js';

const banner = 'Bulk mode; whois.cymru.com [2026-01-01 00:00:00 +0000]\n';

const lines = new Map([
  [
    '1.1.1.1',
    '13335   | 1.1.1.1          | 1.1.1.0/24          | AU | apnic    | 2011-08-11 | CLOUDFLARENET, US\n',
  ],
  ['8.8.8.8', '15169 64500 | 8.8.8.8      | 8.8.8.0/24          | US | arin     | 2023-12-28 | GOOGLE, US\n'],
  [
    '2606:4700::a',
    '13335   | 2606:4700:0:0::A | 2606:4700::/32 | US | arin | 2011-11-01 | CLOUDFLARENET, US\n',
  ],
]);

interface Whois {
  port: number;
  asked: string[];
  sockets: Set<Socket>;
}

const servers: { server: Server; sockets: Set<Socket> }[] = [];

/** A whois service on loopback that reads the request to its end and lets `answer` write. */
async function startWhois(answer: (socket: Socket, address: string) => void = answerWell): Promise<Whois> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let request = '';
    socket.on('data', (chunk) => {
      request += chunk;
      const match = /^begin\r\nverbose\r\n(\S+)\r\nend\r\n$/.exec(request);
      if (!match) return;
      asked.push(match[1]!);
      answer(socket, match[1]!);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push({ server, sockets });
  return { port: (server.address() as AddressInfo).port, asked, sockets };
}

function lineFor(address: string): string {
  return lines.get(address) ?? `NA      | ${address} | NA | | other | | NA\n`;
}

function answerWell(socket: Socket, address: string): void {
  socket.end(banner + lineFor(address));
}

afterEach(async () => {
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }
});

describeAsnSource('live ip-to-asn', {
  createSource: async () => createLiveAsnSource({ host: '127.0.0.1', port: (await startWhois()).port }),
  known: [
    { address: '1.1.1.1', asn: 13335, name: 'CLOUDFLARENET, US' },
    { address: '8.8.8.8', asn: 15169, name: 'GOOGLE, US' },
    { address: '2606:4700::a', asn: 13335, name: 'CLOUDFLARENET, US' },
  ],
  unknown: ['9.9.9.9', '2a00::1', '127.0.0.1'],
});

describe('createLiveAsnSource', () => {
  it('reads an answer that arrives cut anywhere', async () => {
    const text = banner + lineFor('1.1.1.1');
    const whois = await startWhois(async (socket) => {
      socket.setNoDelay(true);
      for (const character of text) {
        socket.write(character);
        await new Promise((resolve) => setImmediate(resolve));
      }
      socket.end();
    });
    const source = createLiveAsnSource({ host: '127.0.0.1', port: whois.port });
    expect(await source.lookup('1.1.1.1')).toMatchObject({ asn: 13335, name: 'CLOUDFLARENET, US' });
  });

  it('never sends addresses of special purpose', async () => {
    const whois = await startWhois();
    const source = createLiveAsnSource({ host: '127.0.0.1', port: whois.port });
    for (const address of [
      '127.1.0.1',
      '10.1.2.3',
      '192.168.1.1',
      '169.254.1.1',
      '::1',
      'fe80::1',
      'fd00::1',
    ]) {
      expect(await source.lookup(address)).toBeUndefined();
    }
    expect(whois.asked).toEqual([]);
  });

  it('asks once for an address until the answer is old, known or not', async () => {
    const whois = await startWhois();
    let nowMs = 1000;
    const config = { host: '127.0.0.1', port: whois.port, cacheMs: 500 };
    const source = createLiveAsnSource(config, { nowMs: () => nowMs });
    await Promise.all([source.lookup('1.1.1.1'), source.lookup('1.1.1.1'), source.lookup('::ffff:1.1.1.1')]);
    await source.lookup('9.9.9.9');
    nowMs = 1499;
    await source.lookup('1.1.1.1');
    await source.lookup('9.9.9.9');
    expect(whois.asked).toEqual(['1.1.1.1', '9.9.9.9']);
    nowMs = 1500;
    await source.lookup('1.1.1.1');
    expect(whois.asked).toEqual(['1.1.1.1', '9.9.9.9', '1.1.1.1']);
  });

  it('keeps no more answers than its bound', async () => {
    const whois = await startWhois();
    const source = createLiveAsnSource({ host: '127.0.0.1', port: whois.port, maximumCachedAnswers: 1 });
    for (const address of ['1.1.1.1', '8.8.8.8', '8.8.8.8', '1.1.1.1']) await source.lookup(address);
    expect(whois.asked).toEqual(['1.1.1.1', '8.8.8.8', '1.1.1.1']);
  });

  it.each([
    ['stays silent', () => {}],
    ['answers about another address', (socket: Socket) => socket.write(lineFor('8.8.8.8'))],
    ['stops in the middle of the line', (socket: Socket) => socket.write('1333')],
    ['closes without an answer', (socket: Socket) => socket.end(banner)],
  ])('gives up on a service that %s, and closes the connection', async (_what, answer) => {
    const whois = await startWhois(answer);
    const source = createLiveAsnSource({ host: '127.0.0.1', port: whois.port, timeoutMs: 50 });
    await expect(source.lookup('1.1.1.1')).rejects.toMatchObject({ code: 'asn-source-timeout' });
    await expect.poll(() => whois.sockets.size).toBe(0);
  });

  it('asks again after a failure', async () => {
    let healthy = false;
    const whois = await startWhois((socket, address) => {
      if (healthy) answerWell(socket, address);
    });
    const source = createLiveAsnSource({ host: '127.0.0.1', port: whois.port, timeoutMs: 500 });
    await expect(source.lookup('1.1.1.1')).rejects.toMatchObject({ code: 'asn-source-timeout' });
    healthy = true;
    // On a busy machine the first answers may be late themselves.
    const lookup = async () => source.lookup('1.1.1.1');
    await expect.poll(() => lookup().catch(() => undefined)).toMatchObject({ asn: 13335 });
  });

  it('closes the connection when the answer is there', async () => {
    const whois = await startWhois((socket, address) => socket.write(lineFor(address)));
    await createLiveAsnSource({ host: '127.0.0.1', port: whois.port }).lookup('1.1.1.1');
    await expect.poll(() => whois.sockets.size).toBe(0);
  });

  it('does not take an endless answer', async () => {
    const whois = await startWhois((socket) => socket.write('x'.repeat(1_000_000)));
    const source = createLiveAsnSource({ host: '127.0.0.1', port: whois.port });
    await expect(source.lookup('1.1.1.1')).rejects.toMatchObject({ code: 'asn-source-unavailable' });
    await expect.poll(() => whois.sockets.size).toBe(0);
  });

  it('says so when the service is not there', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const source = createLiveAsnSource({ host: '127.0.0.1', port });
    await expect(source.lookup('1.1.1.1')).rejects.toMatchObject({
      code: 'asn-source-unavailable',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
  });

  it('has a bound of queries under way', async () => {
    const whois = await startWhois(() => {});
    const config = { host: '127.0.0.1', port: whois.port, timeoutMs: 100, maximumQueries: 1 };
    const source = createLiveAsnSource(config);
    const first = source.lookup('1.1.1.1');
    await expect(source.lookup('8.8.8.8')).rejects.toMatchObject({ code: 'asn-source-busy' });
    await expect(first).rejects.toMatchObject({ code: 'asn-source-timeout' });
  });

  it('leaves nothing behind when its signal comes', async () => {
    const stop = new AbortController();
    const whois = await startWhois(() => stop.abort());
    const source = createLiveAsnSource({ host: '127.0.0.1', port: whois.port }, { signal: stop.signal });
    await expect(source.lookup('1.1.1.1')).rejects.toMatchObject({ code: 'asn-source-unavailable' });
    await expect(source.lookup('8.8.8.8')).rejects.toMatchObject({ code: 'asn-source-unavailable' });
    await expect.poll(() => whois.sockets.size).toBe(0);
  });
});
