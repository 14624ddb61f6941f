import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An owner's HTTP server whose manners a test chooses. */
export interface TestOrigin {
  readonly url: string;
  /** Byte ranges asked for so far, in order; `undefined` for a request without one. */
  readonly ranges: (string | undefined)[];
  /** Replaces how the next requests are answered; return true when the request was answered. */
  intercept:
    | ((request: IncomingMessage, response: ServerResponse, from: number, to: number) => boolean)
    | undefined;
  supportsRanges: boolean;
  /** Bytes in bodies written so far. */
  readonly sentBytes: () => number;
  stop(): Promise<void>;
}

export async function startTestOrigin(bytes: Buffer): Promise<TestOrigin> {
  let sentBytes = 0;
  const server = createServer((request, response) => {
    origin.ranges.push(request.headers.range);
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const isRange = first !== undefined && origin.supportsRanges;
    const from = isRange ? Number(first) : 0;
    const to = isRange && last !== '' ? Number(last) + 1 : bytes.length;
    if (origin.intercept?.(request, response, from, to)) return;
    response.writeHead(isRange ? 206 : 200, {
      'content-length': to - from,
      etag: '"one"',
      ...(isRange && { 'content-range': `bytes ${from}-${to - 1}/${bytes.length}` }),
    });
    sentBytes += to - from;
    response.end(bytes.subarray(from, to));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin: TestOrigin = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`,
    ranges: [],
    intercept: undefined,
    supportsRanges: true,
    sentBytes: () => sentBytes,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return origin;
}
