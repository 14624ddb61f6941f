import { createHash } from 'node:crypto';
import { createIdentity, leafLayer } from '@fairhop/shared/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Edge } from '../edge.js';
import { Harness, MIB, someBytes } from '../testing/harness.js';
import type { TestOrigin } from '../testing/test-origin.js';

const bytes = someBytes(3 * MIB + 12_345);
let harness: Harness;
let edge: Edge;
let origin: TestOrigin;
let contentId: string;
let url: string;

beforeAll(async () => {
  harness = await Harness.create();
  origin = await harness.origin(bytes);
  edge = await harness.edge();
  ({ contentId } = harness.coordinator.publish(bytes, { kind: 'http', url: origin.url }));
  url = await harness.url(edge, contentId);
});
afterAll(() => harness.stop());

const get = (headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
  fetch(url, { headers, method });
const bodyOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());
const problemOf = async (response: Response): Promise<{ code: string; status: number }> => {
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  return (await response.json()) as { code: string; status: number };
};

describe('serving a content', () => {
  it('gives the whole with what names and checks it', async () => {
    const response = await get();
    expect(response.status).toBe(200);
    expect((await bodyOf(response)).equals(bytes)).toBe(true);
    const { headers } = response;
    expect(headers.get('etag')).toBe(`"${contentId}"`);
    expect(headers.get('accept-ranges')).toBe('bytes');
    expect(headers.get('content-length')).toBe(String(bytes.length));
    expect(headers.get('content-type')).toBe('video/mp4');
    expect(headers.get('content-disposition')).toContain('film.mp4');
    const digest = createHash('sha256').update(bytes).digest('base64');
    expect(headers.get('repr-digest')).toBe(`sha-256=:${digest}:`);
    expect(headers.get('cache-control')).toContain('private');
  });

  it('answers HEAD with the headers of GET and no body, and ignores its Range', async () => {
    const response = await get({ range: 'bytes=0-9' }, 'HEAD');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe(String(bytes.length));
    expect((await bodyOf(response)).length).toBe(0);
  });

  it.each([
    ['bytes=0-0', 0, 1],
    ['bytes=10-19', 10, 20],
    ['bytes=262140-262150', 262_140, 262_151],
    ['bytes=3000000-', 3_000_000, bytes.length],
    ['bytes=-5', bytes.length - 5, bytes.length],
    ['bytes=-99999999', 0, bytes.length],
    ['bytes=5-99999999', 5, bytes.length],
    ['bytes=0-9,10-19', 0, 20],
  ])('answers %s with 206', async (range, from, to) => {
    const response = await get({ range });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${from}-${to - 1}/${bytes.length}`);
    expect((await bodyOf(response)).equals(bytes.subarray(from, to))).toBe(true);
  });

  it.each(['items=0-5', 'bytes=9-5', 'bytes=x-y', 'bytes=', 'bytes=0-1,100-101'])(
    'ignores the Range %s',
    async (range) => {
      const response = await get({ range });
      expect(response.status).toBe(200);
      expect((await bodyOf(response)).length).toBe(bytes.length);
    },
  );

  it.each([`bytes=${bytes.length}-`, 'bytes=-0'])('answers %s with 416 and the size', async (range) => {
    const response = await get({ range });
    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toBe(`bytes */${bytes.length}`);
    expect((await problemOf(response)).code).toBe('range-not-satisfiable');
  });

  it('heeds If-Range by strong comparison', async () => {
    const etag = `"${contentId}"`;
    expect((await get({ range: 'bytes=0-4', 'if-range': etag })).status).toBe(206);
    for (const other of [`W/${etag}`, '"other"', 'Sat, 29 Oct 1994 19:43:31 GMT']) {
      expect((await get({ range: 'bytes=0-4', 'if-range': other })).status).toBe(200);
    }
  });

  it('answers If-None-Match with 304 and If-Match with 412', async () => {
    const etag = `"${contentId}"`;
    for (const value of [etag, `W/${etag}`, `"a", ${etag}`, '*']) {
      const response = await get({ 'if-none-match': value, range: 'bytes=0-4' });
      expect(response.status).toBe(304);
      expect(response.headers.get('etag')).toBe(etag);
      expect((await bodyOf(response)).length).toBe(0);
    }
    expect((await get({ 'if-none-match': '"other"', range: 'bytes=0-4' })).status).toBe(206);
    expect((await get({ 'if-match': '"other"' })).status).toBe(412);
    expect((await get({ 'if-match': etag, range: 'bytes=0-4' })).status).toBe(206);
  });

  it('gives the block hashes of a piece', async () => {
    const token = new URL(url).search;
    const last = await fetch(`${edge.url}/c/${contentId}/leaves/12${token}`);
    expect(last.headers.get('content-type')).toBe('application/octet-stream');
    expect(await bodyOf(last)).toEqual(leafLayer(bytes.subarray(12 * 262_144)));
    const beyond = await fetch(`${edge.url}/c/${contentId}/leaves/13${token}`);
    expect(beyond.status).toBe(404);
    expect((await problemOf(beyond)).code).toBe('piece-unknown');
  });
});

describe('tokens', () => {
  const other = '0'.repeat(64);
  it.each([
    ['token-expired', () => harness.url(edge, contentId, { claims: { exp: 1_000 } })],
    ['token-forged', () => harness.url(edge, contentId, { by: createIdentity() })],
    ['token-audience', () => harness.url(edge, contentId, { claims: { aud: 'another-edge' } })],
    ['token-issuer', () => harness.url(edge, contentId, { claims: { iss: 'another-coordinator' } })],
    ['token-malformed', () => harness.url(edge, contentId, { type: 'fairhop-access+jwt' })],
    ['token-malformed', async () => `${edge.url}/c/${contentId}?token=nonsense`],
    ['token-missing', async () => `${edge.url}/c/${contentId}`],
    ['token-other-content', () => harness.url(edge, contentId, { claims: { content: other } })],
  ])('answers %s', async (code, makeUrl) => {
    for (const suffix of ['', 'leaves']) {
      const target = new URL(await makeUrl());
      if (suffix !== '') target.pathname = `/c/${contentId}/leaves/0`;
      const response = await fetch(target);
      expect(response.status).toBe(403);
      expect((await problemOf(response)).code).toBe(code);
    }
  });

  it('passes on that a content is unknown', async () => {
    const response = await fetch(await harness.url(edge, other));
    expect(response.status).toBe(404);
    expect((await problemOf(response)).code).toBe('content-unknown');
  });

  it('answers a malformed content id with 400', async () => {
    expect((await fetch(`${edge.url}/c/nonsense?token=x`)).status).toBe(400);
  });
});
