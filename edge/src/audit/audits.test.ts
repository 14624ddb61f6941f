import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, createClient, createHttpClient, edgeEndpoints } from '@fairhop/shared/contract';
import { auditDigest, createIdentity, type Identity, signToken } from '@fairhop/shared/crypto';
import { auditClaimsSchema, tokenType } from '@fairhop/shared/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Edge } from '../edge.js';
import { Harness, someBytes } from '../testing/harness.js';
import { createRangeDigests } from './range-digests.js';

const PIECE = 256 * 1024;
const bytes = someBytes(2 * PIECE + 20_000);
let harness: Harness;
let edge: Edge;
let contentId: string;
let client: Client<typeof edgeEndpoints>;
const nonce = 'ab'.repeat(32);

beforeAll(async () => {
  harness = await Harness.create();
  const origin = await harness.origin(bytes);
  edge = await harness.edge();
  ({ contentId } = harness.coordinator.publish(bytes, { kind: 'http', url: origin.url }));
  const http = createHttpClient();
  harness.cleanups.push(() => http.close());
  client = createClient(edgeEndpoints, { http, baseUrl: edge.url });
});
afterAll(() => harness.stop());

function token(
  changes: Record<string, unknown> = {},
  { by, type = tokenType.audit }: { by?: Identity; type?: string } = {},
): Promise<string> {
  const iat = Math.floor(Date.now() / 1000);
  const claims = auditClaimsSchema.parse({
    ...{ jti: randomUUID(), iss: 'test-coordinator', aud: 'edge', iat, exp: iat + 60 },
    ...{ content: contentId, piece: 0, offset: 0, lengthBytes: 1, nonce },
    ...changes,
  });
  return signToken({ claims, identity: by ?? harness.coordinator.identity, kid: 'main', type });
}
const ask = async (...given: Parameters<typeof token>) =>
  client.audit({ body: { token: await token(...given) } });

describe('an audit at the edge', () => {
  it.each([
    [0, 0, 65_536],
    [1, 100_000, 5_000],
    [2, 19_999, 1],
  ])(
    'gives the keyed hash of a range of piece %i, filled when it is missing',
    async (piece, offset, lengthBytes) => {
      const from = piece * PIECE + offset;
      const { digest } = await ask({ piece, offset, lengthBytes });
      expect(digest).toBe(auditDigest(nonce, bytes.subarray(from, from + lengthBytes)));
      const other = 'cd'.repeat(32);
      expect((await ask({ piece, offset, lengthBytes, nonce: other })).digest).toBe(
        auditDigest(other, bytes.subarray(from, from + lengthBytes)),
      );
    },
  );

  it.each([
    ['token-expired', { exp: 1_000 }, {}],
    ['token-forged', {}, { by: createIdentity() }],
    ['token-audience', { aud: 'another-edge' }, {}],
    ['token-issuer', { iss: 'another-coordinator' }, {}],
    ['token-malformed', {}, { type: tokenType.edgeUrl }],
  ])('refuses with %s', async (code, claims, options) => {
    await expect(ask(claims, options)).rejects.toMatchObject({ code, status: 403 });
  });

  it.each([
    ['range-not-in-piece', { piece: 3 }],
    ['range-not-in-piece', { piece: 2, offset: 20_000 }],
    ['content-unknown', { content: '0'.repeat(64) }],
  ])('answers %s', async (code, claims) => {
    await expect(ask(claims)).rejects.toMatchObject({ code, status: 404 });
  });

  it('never speaks against an agent with bytes that the disk damaged', async () => {
    await ask({ piece: 1 });
    const file = join(harness.directory, 'edge', 'contents', contentId, '1.piece');
    await writeFile(file, someBytes(PIECE, 9));
    await expect(ask({ piece: 1 })).rejects.toMatchObject({ code: 'piece-unreadable', status: 500 });
  });
});

describe('many audits', () => {
  it('are refused past a number a second, and past a number at once', async () => {
    let nowMs = 0;
    let reading = 0;
    const digests = createRangeDigests({
      cache: { openReader: () => ({}) as never },
      sourceOf: () => {
        reading += 1;
        return new Promise(() => undefined);
      },
      monotonicMs: () => nowMs,
    });
    const audit = { content: contentId, piece: 0, offset: 0, lengthBytes: 1, nonce };
    const refusedOf = async (count: number): Promise<number> => {
      let refused = 0;
      for (let index = 0; index < count; index += 1) {
        digests.digestOf(audit, new AbortController().signal).catch(({ code }) => {
          if (code === 'audits-full') refused += 1;
        });
      }
      await new Promise((resolve) => setImmediate(resolve));
      return refused;
    };
    const refused: number[] = [];
    for (nowMs = 0; nowMs < 4_000; nowMs += 1_000) refused.push(await refusedOf(25));
    expect(refused).toEqual([5, 5, 5, 21]);
    expect(reading).toBe(4);
  });
});
