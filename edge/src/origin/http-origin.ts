import type { Socket } from 'node:net';
import { FairhopError } from '@fairhop/shared/model';
import { errorCode } from '@fairhop/shared/service';
import { Agent, buildConnector, type Dispatcher, interceptors, request } from 'undici';
import { plainAddress } from '../plain-address.js';
import { type Origin, type OriginStream, originError } from './origin.js';

/** Origins that moved their files; a longer chain is a loop. */
const maxRedirections = 3;

export interface HttpOriginConfig {
  url: string;
  sizeBytes: number;
  /** Without a byte for so long the origin is taken as gone. */
  timeoutMs: number;
}

/**
 * An owner's HTTP server. Parts are asked for by Range, with If-Range once the origin showed a strong ETag, so that a
 * file that changed comes whole instead of mixed; an origin without ranges gives the whole from byte 0.
 */
export function createHttpOrigin({ url, sizeBytes, timeoutMs }: HttpOriginConfig): Origin {
  const name = url.replace(/[?#].*$/, '').replace(/\/\/[^/@]*@/, '//');
  let connection: OriginStream['connection'];
  const agent = new Agent({
    connections: 1,
    connect: rememberConnection(timeoutMs, (socket) => {
      connection = {
        originAddress: plainAddress(socket.remoteAddress),
        edgeAddress: plainAddress(socket.localAddress),
      };
    }),
  });
  const dispatcher = agent.compose(interceptors.redirect({ maxRedirections }));
  let etag: string | undefined;

  const open: Origin['open'] = async ({ fromByte, toByte }, signal) => {
    let response: Dispatcher.ResponseData;
    try {
      response = await request(url, {
        dispatcher,
        headers: {
          // What is served is the file's bytes; a compressed form would not match its hashes.
          'accept-encoding': 'identity',
          range: `bytes=${fromByte}-${toByte - 1}`,
          ...(etag === undefined || fromByte === 0 ? {} : { 'if-range': etag }),
        },
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        signal,
      });
    } catch (error) {
      throw connectionError(name, timeoutMs, error);
    }
    try {
      const { offset, lengthBytes } = checkHead(name, sizeBytes, fromByte, response);
      etag = strongEtag(response.headers['etag']) ?? etag;
      return {
        offset,
        chunks: bodyOf(name, timeoutMs, response.body, lengthBytes),
        ...(connection && { connection }),
        close: () => discard(response.body),
      };
    } catch (error) {
      discard(response.body);
      throw error;
    }
  };
  return { open, close: () => agent.destroy() };
}

function rememberConnection(timeoutMs: number, remember: (socket: Socket) => void): buildConnector.connector {
  const connect = buildConnector({ timeout: timeoutMs });
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error) {
        callback(error, null);
        return;
      }
      remember(socket);
      callback(null, socket);
    });
}

/** First byte and number of bytes that a good answer brings. */
function checkHead(
  name: string,
  sizeBytes: number,
  fromByte: number,
  { statusCode, headers }: Dispatcher.ResponseData,
): { offset: number; lengthBytes: number } {
  const wrongSize = (found: string): FairhopError =>
    originError('origin-wrong-size', `${name} has ${found} bytes, the published title has ${sizeBytes}`);
  if (statusCode === 200 || statusCode === 206) {
    const encoding = String(headers['content-encoding'] ?? 'identity').toLowerCase();
    if (encoding !== 'identity') {
      throw originError(
        'origin-refused',
        `${name} answers with content-encoding ${encoding}; the plain file is right`,
      );
    }
  }
  if (statusCode === 200) {
    const length = headers['content-length'];
    if (length !== undefined && Number(length) !== sizeBytes) throw wrongSize(String(length));
    return { offset: 0, lengthBytes: sizeBytes };
  }
  if (statusCode === 206) {
    const contentRange = String(headers['content-range'] ?? '');
    const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(contentRange) ?? [];
    if (
      first === undefined ||
      Number(first) !== fromByte ||
      Number(last) >= sizeBytes ||
      Number(last) < fromByte
    ) {
      if (total !== undefined && total !== '*' && Number(total) !== sizeBytes) throw wrongSize(total);
      throw originError(
        'origin-refused',
        `${name} answers a request from byte ${fromByte} with Content-Range "${contentRange}"`,
      );
    }
    if (total !== '*' && Number(total) !== sizeBytes) throw wrongSize(total!);
    return { offset: fromByte, lengthBytes: Number(last) + 1 - fromByte };
  }
  if (statusCode === 416) throw wrongSize(`no byte ${fromByte}, so fewer`);
  if (statusCode === 404 || statusCode === 410) {
    throw originError(
      'origin-not-found',
      `${name} answers ${statusCode}; the title's origin must hold its file`,
    );
  }
  if (statusCode >= 500 || statusCode === 408 || statusCode === 429) {
    throw originError('origin-unavailable', `${name} answers ${statusCode}`);
  }
  throw originError('origin-refused', `${name} answers ${statusCode}; 200 or 206 is right`);
}

async function* bodyOf(
  name: string,
  timeoutMs: number,
  body: AsyncIterable<Uint8Array>,
  lengthBytes: number,
): AsyncGenerator<Uint8Array> {
  let receivedBytes = 0;
  try {
    for await (const chunk of body) {
      receivedBytes += chunk.length;
      if (receivedBytes > lengthBytes) {
        throw originError(
          'origin-wrong-size',
          `${name} sends more than the ${lengthBytes} bytes that are due`,
        );
      }
      yield chunk;
    }
  } catch (error) {
    if (error instanceof FairhopError) throw error;
    throw connectionError(name, timeoutMs, error);
  }
  if (receivedBytes < lengthBytes) throw truncated(name, receivedBytes, lengthBytes);
}

const truncated = (name: string, receivedBytes: number, lengthBytes: number): FairhopError =>
  originError('origin-truncated', `${name} ended after ${receivedBytes} of ${lengthBytes} bytes`);

/** A body that nobody reads would hold the connection; what is destroyed reports its abort as an error. */
function discard(body: Dispatcher.ResponseData['body']): void {
  body.on('error', () => undefined);
  body.destroy();
}

function connectionError(name: string, timeoutMs: number, cause: unknown): FairhopError {
  const code = errorCode(cause) ?? '';
  if (/TIMEOUT/.test(code)) {
    return originError('origin-time-out', `${name} sent nothing for ${timeoutMs} ms`, { cause });
  }
  const reason = code || (cause instanceof Error ? cause.message : String(cause));
  return originError('origin-unavailable', `${name} cannot be read (${reason})`, { cause });
}

/** Only a strong validator tells that two parts are of the same bytes (RFC 9110 §13.1.5). */
function strongEtag(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && header.startsWith('"') ? header : undefined;
}
