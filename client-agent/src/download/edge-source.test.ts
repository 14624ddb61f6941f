import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEdgeSource, type EdgeBlockSource } from './edge-source.js';
import { makeContent } from './virtual-swarm.js';

const { bytes, manifest } = makeContent(600_000, 256 * 1024);
const signal = new AbortController().signal;

describe('an edge as a source', () => {
  let server: Server;
  let dispatcher: Agent;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let source: EdgeBlockSource;
  const requests: IncomingMessage[] = [];

  beforeEach(async () => {
    requests.length = 0;
    server = createServer((request, response) => {
      requests.push(request);
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    dispatcher = new Agent({ localAddress: '127.1.0.9' });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/c/${manifest.contentId}/film?token=abc`;
    source = createEdgeSource(
      {
        edge: {
          edge: 'e1',
          transferId: '00000000-0000-4000-8000-000000000001',
          url,
          asn: 64496,
          isp: 'cdn',
          expiresMs: 1e12,
        },
        manifest,
        ownIsp: 'sp1',
      },
      { dispatcher },
    );
  });
  afterEach(async () => {
    source.close('done');
    await dispatcher.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const serveRange = (request: IncomingMessage, response: ServerResponse): void => {
    const [, first, last] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '')!.map(Number);
    response.writeHead(206, { 'content-range': `bytes ${first}-${last}/${bytes.length}` });
    response.end(bytes.subarray(first!, last! + 1));
  };
  const read = async (piece: number, offset: number, lengthBytes: number): Promise<Buffer> => {
    const got: Buffer[] = [];
    let next = offset;
    await source.request({
      piece,
      offset,
      lengthBytes,
      signal,
      onData: (at, chunk) => {
        expect(at).toBe(next);
        next += chunk.length;
        got.push(Buffer.from(chunk));
      },
    });
    return Buffer.concat(got);
  };

  it('reads a range within a piece, from the own address', async () => {
    answer = serveRange;
    const got = await read(1, 16384, 100_000);
    expect(got.equals(bytes.subarray(262144 + 16384, 262144 + 116384))).toBe(true);
    expect(requests[0]!.socket.remoteAddress).toBe('127.1.0.9');
  });

  it('fails, and stays open, when the edge has an error, another range, or ends early', async () => {
    answer = (_request, response) => response.writeHead(503).end();
    await expect(read(0, 0, 16384)).rejects.toMatchObject({ code: 'edge-failed' });
    answer = (_request, response) => response.writeHead(200).end(bytes);
    await expect(read(0, 0, 16384)).rejects.toMatchObject({ code: 'edge-failed' });
    answer = (_request, response) => {
      response.writeHead(206, {
        'content-range': `bytes 0-16383/${bytes.length}`,
        'content-length': '16384',
      });
      response.write(bytes.subarray(0, 5000));
      setTimeout(() => response.destroy(), 20);
    };
    await expect(read(0, 0, 16384)).rejects.toMatchObject({ code: 'edge-failed' });
    answer = serveRange;
    expect((await read(0, 0, 16384)).length).toBe(16384);
  });

  it('goes on at the byte where an answer broke', async () => {
    answer = (request, response) => {
      if (requests.length > 1) return serveRange(request, response);
      response.writeHead(206, {
        'content-range': `bytes 0-99999/${bytes.length}`,
        'content-length': '100000',
      });
      response.write(bytes.subarray(0, 20_001));
      setTimeout(() => response.destroy(), 20);
    };
    expect((await read(0, 0, 100_000)).equals(bytes.subarray(0, 100_000))).toBe(true);
    expect(requests[1]!.headers.range).toBe('bytes=20001-99999');
  });

  it('lets an answer end that has come whole when it is closed', async () => {
    answer = serveRange;
    const ended = new Promise<boolean>((resolve) =>
      server.once('request', (_request, response: ServerResponse) => {
        response.once('close', () => resolve(response.writableFinished));
      }),
    );
    let left = 200_000;
    const reading = source.request({
      piece: 0,
      offset: 0,
      lengthBytes: left,
      signal,
      onData: (_offset, chunk) => {
        left -= chunk.length;
        if (left === 0) source.close('done');
      },
    });
    await reading;
    expect(await ended).toBe(true);
  });

  it('uses a URL that is good for longer from when it is there', async () => {
    answer = (request, response) =>
      request.url?.includes('token=abc') ? response.writeHead(401).end() : serveRange(request, response);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/c/${manifest.contentId}/film?token=new`;
    const transferId = '00000000-0000-4000-8000-000000000002';
    source.renew({ edge: 'e1', transferId, url, asn: 64496, isp: 'cdn', expiresMs: 2e12 });
    expect((await read(0, 0, 1000)).length).toBe(1000);
    expect(source.transferId).toBe(transferId);
  });

  it('is closed by a refused token, an unknown content and a withdrawn title', async () => {
    answer = (_request, response) => response.writeHead(403).end();
    await expect(read(0, 0, 16384)).rejects.toMatchObject({ code: 'edge-token-refused' });
    expect(await source.closed).toBe('edge-token-refused');
  });

  it('tells that a title is withdrawn', async () => {
    answer = (_request, response) => response.writeHead(410).end();
    await expect(read(0, 0, 16384)).rejects.toMatchObject({ code: 'title-withdrawn' });
    expect(await source.closed).toBe('title-withdrawn');
  });

  it('ends requests under way when it is closed', async () => {
    answer = (_request, response) =>
      response.writeHead(206, { 'content-range': `bytes 0-16383/${bytes.length}` }).flushHeaders();
    const reading = read(0, 0, 16384);
    setTimeout(() => source.close('done'), 30);
    await expect(reading).rejects.toMatchObject({ code: 'aborted' });
  });

  it('asks for leaf layers beside the content, with the same token', async () => {
    answer = (_request, response) => response.writeHead(200).end(Buffer.alloc(64, 7));
    expect(await source.leaves(2)).toEqual(Buffer.alloc(64, 7));
    expect(requests[0]!.url).toBe(`/c/${manifest.contentId}/leaves/2?token=abc`);
  });
});
