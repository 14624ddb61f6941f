import { createServer, connect as tcpConnect } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpService, type HttpService, type HttpServiceConfig } from './http-service.js';

let running: HttpService[] = [];

afterEach(async () => {
  await Promise.all(running.map((service) => service.stop()));
  running = [];
});

function make(overrides: Partial<HttpServiceConfig> = {}): HttpService {
  const log = pino({ level: 'silent' });
  const service = createHttpService({
    name: 'trial',
    host: '127.0.0.1',
    port: 0,
    log,
    bodyLimitBytes: 1000,
    ...overrides,
  });
  running.push(service);
  return service;
}

async function started(overrides: Partial<HttpServiceConfig> = {}): Promise<HttpService> {
  const service = make(overrides);
  await service.start();
  return service;
}

describe('connections', () => {
  it('whose head never ends are answered 408 and cut', async () => {
    const { url } = await started({ arrivalTimeouts: { headersMs: 100, requestMs: 200 } });
    expect(await rawExchange(url, 'GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ')).toMatch(
      /^HTTP\/1.1 408 [\s\S]*"code":"request-time-out"/,
    );
  });

  it('of one address past their bound are cut, and there is room again once others end', async () => {
    const service = await started({ maxConnectionsPerAddress: 2 });
    const { port } = new URL(service.url);
    const open = (): Promise<{ isCut: Promise<true>; end(): void }> =>
      new Promise((resolve, reject) => {
        const socket = tcpConnect({ host: '127.0.0.1', port: Number(port) }, () => {
          const isCut = new Promise<true>((cut) => socket.once('close', () => cut(true)));
          resolve({ isCut, end: () => socket.destroy() });
        });
        socket.on('error', (error: NodeJS.ErrnoException) => {
          if (error.code !== 'ECONNRESET') reject(error);
        });
      });
    const [first, second] = [await open(), await open()];
    expect(await (await open()).isCut).toBe(true);
    first.end();
    await first.isCut;
    await expect
      .poll(() => rawExchange(service.url, 'hello\r\n\r\n').catch(() => ''))
      .toMatch(/^HTTP\/1.1 400/);
    second.end();
  });

  it('that are no HTTP are answered 400', async () => {
    const { url } = await started();
    expect(await rawExchange(url, '\u0016\u0003\u0001 hello\r\n\r\n')).toMatch(
      /^HTTP\/1.1 400 [\s\S]*problem\+json/,
    );
  });
});

describe('start and stop', () => {
  it('says which port is in use and what to do', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    await expect(make({ port }).start()).rejects.toMatchObject({
      code: 'port-in-use',
      message: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1 port ${port}.*another port`)),
    });
    await new Promise((resolve) => taken.close(resolve));
  });

  it('says when the machine does not have the address', async () => {
    await expect(make({ host: '192.0.2.1' }).start()).rejects.toMatchObject({
      code: 'address-not-available',
    });
  });

  it('stops although a request never ends and a connection was upgraded', async () => {
    const service = make({ stopGraceMs: 50 });
    const arrived = new Promise<void>((resolve) => {
      service.routes((app) => {
        app.get('/endless', async () => {
          resolve();
          await new Promise(() => undefined);
        });
      });
    });
    await service.start();
    service.server.on('upgrade', (_request, socket) => {
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
    });
    const slow = fetch(`${service.url}/endless`).catch(() => 'cut');
    await arrived;
    const upgraded = rawExchange(
      service.url,
      'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
      {
        onData: () => void service.stop(),
      },
    );
    expect(await upgraded).toContain('101');
    expect(await slow).toBe('cut');
    await service.stop();
    await expect(fetch(`${service.url}/healthz`)).rejects.toThrow();
  });

  it('lets a request under way finish', async () => {
    const service = make();
    let release: (() => void) | undefined;
    service.routes((app) => {
      app.get('/takes-a-while', async () => {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return { done: true };
      });
    });
    await service.start();
    const answer = fetch(`${service.url}/takes-a-while`);
    await expect.poll(() => release).toBeDefined();
    const stopped = service.stop();
    release!();
    expect(await (await answer).json()).toEqual({ done: true });
    await stopped;
  });
});

/** Sends bytes and resolves to all that comes back until the connection ends. */
function rawExchange(url: string, text: string, { onData }: { onData?: () => void } = {}): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let received = '';
    const socket = tcpConnect(Number(port), hostname, () => socket.write(text));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      onData?.();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(received));
  });
}
