import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { verifyToken } from '@fairhop/shared/crypto';
import { edgeUrlClaimsSchema, tokenType } from '@fairhop/shared/model';
import { createManualClock, type ManualClock } from '@fairhop/shared/service';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CoordinatorFixture, createTestEdge, publicationOf, startCoordinator } from '../test-kit.js';

const content = randomBytes(600_000);
const fileName = `it's <"fast"> & ümläut${String.fromCharCode(0xfffe)}.mp4`;
const params = { owner: 'studio', name: 'film.mp4' };
const metalinkType = 'application/metalink4+xml';
let fixture: CoordinatorFixture;
let clock: ManualClock;

beforeEach(async () => {
  clock = createManualClock(Date.now());
  fixture = await startCoordinator({}, { clock });
  await fixture.client.putOwner({ params: { owner: 'studio' }, body: { name: 'Studio' } });
  await fixture.client.publish({ params, body: publicationOf(content, { fileName }) });
});
afterEach(() => fixture.stop());

const land = async (options: { path?: string; accept?: string; method?: 'GET' | 'HEAD' } = {}) => {
  const { statusCode, headers, body } = await request(fixture.url + (options.path ?? '/t/studio/film.mp4'), {
    method: options.method ?? 'GET',
    headers: { accept: options.accept ?? '*/*' },
  });
  return { status: statusCode, headers, text: await body.text() };
};

const landFrom = (localAddress: string, method: string) =>
  new Promise<{ status: number | undefined; headers: IncomingHttpHeaders }>((resolve, reject) => {
    const asked = httpRequest(`${fixture.url}/t/studio/film.mp4`, { localAddress, method }, (response) => {
      response.resume();
      resolve({ status: response.statusCode, headers: response.headers });
    });
    asked.once('error', reject);
    asked.end();
  });

const startEdges = async () => {
  const edges = [
    createTestEdge(fixture, { id: 'far', address: '127.2.0.1', url: 'http://127.2.0.1:4700' }),
    createTestEdge(fixture, { id: 'near', url: 'http://127.0.0.1:4700' }),
  ];
  for (const edge of edges) await edge.register(undefined, clock.nowMs());
};

describe('the landing URL', () => {
  it('redirects to the nearest edge with a signed URL that expires', async () => {
    await startEdges();
    const { status, headers } = await land();
    expect(status).toBe(302);
    const location = new URL(String(headers['location']));
    const { contentId } = await fixture.client.getTitle({ params });
    expect(location.origin).toBe('http://127.0.0.1:4700');
    expect(decodeURIComponent(location.pathname)).toBe(`/c/${contentId}/${fileName}`);
    const { publicKey } = await fixture.client.info({});
    const claims = await verifyToken({
      token: location.searchParams.get('token')!,
      type: tokenType.edgeUrl,
      schema: edgeUrlClaimsSchema,
      keyOf: () => publicKey,
      issuer: 'coordinator',
      audience: 'near',
      nowMs: clock.nowMs(),
    });
    expect(claims).toMatchObject({
      content: contentId,
      title: 'studio/film.mp4',
      category: 'video',
      sizeBytes: content.length,
    });
    expect(claims).not.toHaveProperty('client');
    expect(claims.exp * 1000).toBeGreaterThan(clock.nowMs());
  });

  it('links manifest, Metalink and mirrors, and tells the hash of the file', async () => {
    await startEdges();
    const digest = createHash('sha256').update(content).digest('base64');
    for (const method of ['GET', 'HEAD'] as const) {
      const { status, headers } = await land({ method });
      expect(status).toBe(302);
      expect(headers['repr-digest']).toBe(`sha-256=:${digest}:`);
      expect(headers['vary']).toBe('Accept');
      const { contentId } = await fixture.client.getTitle({ params });
      const links = String(headers['link']).split(', ');
      expect(links).toHaveLength(4);
      expect(links[0]).toBe(
        `<${fixture.url}/v1/contents/${contentId}/manifest>; rel=describedby; type="application/json"`,
      );
      expect(links[1]).toBe(`<${fixture.url}/t/studio/film.mp4>; rel=describedby; type="${metalinkType}"`);
      expect(links[2]).toBe(`<${headers['location']}>; rel=duplicate; pri=1`);
      expect(links[3]).toMatch(/^<http:\/\/127\.2\.0\.1:4700\/c\/[^>]+>; rel=duplicate; pri=2$/);
    }
  });

  it('gives a Metalink with size, hashes of file and pieces, and every edge', async () => {
    await startEdges();
    const { status, headers, text } = await land({ accept: metalinkType });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe(metalinkType);
    expect(headers['vary']).toBe('Accept');
    const file = parseXml(text).child('metalink').child('file');
    expect(file.attributes['name']).toBe(fileName.replace(String.fromCharCode(0xfffe), '\ufffd'));
    expect(file.child('size').text).toBe(String(content.length));
    expect(file.child('hash')).toMatchObject({
      attributes: { type: 'sha-256' },
      text: createHash('sha256').update(content).digest('hex'),
    });
    const length = 256 * 1024;
    const pieces = file.child('pieces');
    expect(pieces.attributes).toEqual({ length: String(length), type: 'sha-256' });
    expect(pieces.children.map(({ text }) => text)).toEqual(
      [0, 1, 2].map((index) =>
        createHash('sha256')
          .update(content.subarray(index * length, (index + 1) * length))
          .digest('hex'),
      ),
    );
    const urls = file.children.filter(({ name }) => name === 'url');
    expect(urls.map(({ attributes }) => attributes['priority'])).toEqual(['1', '2']);
    expect(urls.map(({ text }) => new URL(text).host)).toEqual(['127.0.0.1:4700', '127.2.0.1:4700']);
  });

  it('serves a client outside every prefix, from any edge', async () => {
    await startEdges();
    for (const method of ['GET', 'HEAD'] as const) {
      const { status, headers } = await landFrom('127.77.0.1', method);
      expect(status).toBe(302);
      expect(String(headers['location'])).toMatch(/^http:\/\/127\.[02]\.0\.1:4700\/c\//);
      expect(headers['repr-digest']).toBeDefined();
      expect(headers['digest']).toMatch(/^SHA-256=/);
    }
  });

  it('gives HEAD of the Metalink its headers and no body', async () => {
    await startEdges();
    const whole = await land({ accept: metalinkType });
    const { status, headers, text } = await land({ accept: metalinkType, method: 'HEAD' });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe(metalinkType);
    expect(headers['content-length']).toBe(whole.headers['content-length']);
    expect(text).toBe('');
  });

  it('answers 404 for an unknown title and 410 for a withdrawn one', async () => {
    await startEdges();
    for (const path of ['/t/studio/other.mp4', '/t/nobody/film.mp4', '/t/STUDIO/Film']) {
      const { status, headers, text } = await land({ path });
      expect(status).toBe(404);
      expect(headers['content-type']).toContain('application/problem+json');
      expect(JSON.parse(text)).toMatchObject({
        code: 'title-unknown',
        detail: expect.stringContaining(path.slice(3)),
      });
    }
    await fixture.client.withdraw({ params });
    const { status, text } = await land();
    expect(status).toBe(410);
    expect(JSON.parse(text)).toMatchObject({ code: 'title-withdrawn' });
  });

  it('answers 503 while no edge is alive, and says when to come back', async () => {
    for (const accept of ['*/*', metalinkType]) {
      const { status, headers, text } = await land({ accept });
      expect(status).toBe(503);
      expect(headers['retry-after']).toBe('5');
      expect(JSON.parse(text)).toMatchObject({ code: 'no-edge' });
    }
    await startEdges();
    expect((await land()).status).toBe(302);
    clock.advance(9_999);
    expect((await land()).status).toBe(302);
    clock.advance(1);
    expect((await land()).status).toBe(503);
  });

  it('believes no edge alive after a restart until it beats', async () => {
    const edge = createTestEdge(fixture);
    await edge.register(undefined, clock.nowMs());
    fixture = await fixture.restart();
    expect((await land()).status).toBe(503);
    const returned = createTestEdge(fixture, {}, edge.identity);
    await returned.beat(0, clock.nowMs());
    expect((await land()).status).toBe(302);
  });
});

interface XmlNode {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlNode[];
  text: string;
  child(name: string): XmlNode;
}

/** Reads elements, attributes and text, and throws where the text is not well-formed. */
function parseXml(xml: string): XmlNode {
  const node = (name: string, attributes: Record<string, string>): XmlNode => ({
    name,
    attributes,
    children: [],
    text: '',
    child(wanted) {
      const found = this.children.find((child) => child.name === wanted);
      if (!found) throw new Error(`${name} has no ${wanted}`);
      return found;
    },
  });
  const decode = (text: string): string => {
    const rest = text.replace(/&(amp|lt|gt|quot|apos);/g, '');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    if (/[&<>\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(rest)) throw new Error(`not well-formed: ${text}`);
    const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
    return text.replace(/&(\w+);/g, (_, entity: string) => characters[entity]!);
  };
  const stack = [node('', {})];
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>/, '');
  for (const [, close, name, attributes, text] of body.matchAll(/<(\/?)([\w-]+)([^<>]*)>([^<]*)/g)) {
    if (close) {
      if (stack.pop()?.name !== name) throw new Error(`</${name}> closes another element`);
    } else {
      const pairs = [...attributes!.matchAll(/ ([\w-]+)="([^"]*)"/g)];
      if (pairs.map(([pair]) => pair).join('') !== attributes) throw new Error(`attributes: ${attributes}`);
      const element = node(name!, Object.fromEntries(pairs.map(([, key, value]) => [key, decode(value!)])));
      stack.at(-1)!.children.push(element);
      stack.push(element);
    }
    stack.at(-1)!.text += decode(text!.trim());
  }
  if (stack.length !== 1) throw new Error('elements are left open');
  return stack[0]!;
}
