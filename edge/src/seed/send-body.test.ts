import type { ServerResponse } from 'node:http';
import type { Manifest } from '@fairhop/shared/model';
import { expect, it } from 'vitest';
import type { Reader } from '../cache/cache.js';
import { sendBody } from './send-body.js';

it('ends a response whose client takes a little now and then, so that its socket is never idle', async () => {
  // Bytes move, so that the socket's own time-out never comes; the write is never done.
  const response = { setTimeout: () => undefined, write: () => false, end: () => undefined };
  let isReleased = false;
  const body = sendBody({
    manifest: { pieceLengthBytes: 1024 } as Manifest,
    range: { fromByte: 0, toByte: 1024 },
    reader: {} as Reader,
    firstPiece: {
      sizeBytes: 1024,
      readInto: async () => undefined,
      release: async () => {
        isReleased = true;
      },
    } as unknown as Parameters<typeof sendBody>[0]['firstPiece'],
    response: response as unknown as ServerResponse,
    flow: { sliceBytes: 1024, take: async () => undefined },
    signal: new AbortController().signal,
    writeTimeoutMs: 20,
    onFlushed: () => undefined,
  });
  await expect(body).rejects.toMatchObject({ code: 'client-stalled' });
  expect(isReleased).toBe(true);
});
