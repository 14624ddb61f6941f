import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LedgerEvent } from '@fairhop/shared/contract';
import { expect, it } from 'vitest';
import { runTool } from './fixture/http-run-tool.js';
import { settledLedger, sumBytes } from './fixture/ledger.js';
import { MIB, type Network, type PublishedTitle, startNetwork } from './fixture/network.js';

const METALINK = 'application/metalink4+xml';
const inSp1 = '127.1.0.9';
const inSp2 = '127.2.0.9';
const landingUrl = (network: Network, title: PublishedTitle): string =>
  `${network.coordinator.url}/t/${title.id}`;
const to = (events: readonly LedgerEvent[], address: string): LedgerEvent[] =>
  events.filter(({ destination }) => destination === `host:${address}`);
const digestOf = (bytes: Buffer): string =>
  `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;

/** As a browser or `curl` saves it. */
async function saveMetalink(network: Network, title: PublishedTitle, name: string): Promise<string> {
  const file = join(network.directory, name);
  const words = ['-sSf', '--interface', inSp2, '-H', `Accept: ${METALINK}`, '-o', file];
  const saved = await runTool('curl', [...words, landingUrl(network, title)], network.directory);
  expect(saved).toMatchObject({ exitCode: 0, error: '' });
  return file;
}

const aria2c = (network: Network, metalink: string, folder: string, ...more: string[]) => {
  const words = ['--no-conf', '--quiet', '--max-tries=1', `--interface=${inSp2}`, ...more];
  words.push(`--dir=${join(network.directory, folder)}`, '-M', metalink);
  return runTool('aria2c', words, network.directory);
};

it('curl and aria2c get the right bytes, and each is accounted by its address', async () => {
  const network = await startNetwork();
  const title = await network.publish('film', 4 * MIB + 12_345);

  const curled = join(network.directory, 'curled');
  const words = ['-sSfL', '--interface', inSp1, '-o', curled, landingUrl(network, title)];
  expect(await runTool('curl', words, network.directory)).toMatchObject({ exitCode: 0, error: '' });
  expect(readFileSync(curled).equals(title.bytes)).toBe(true);

  const metalink = await saveMetalink(network, title, 'film.meta4');
  expect(await aria2c(network, metalink, 'aria')).toMatchObject({ exitCode: 0 });
  expect(readFileSync(join(network.directory, 'aria', 'film.bin')).equals(title.bytes)).toBe(true);

  const events = await settledLedger(network, []);
  for (const [address, asn, isp] of [
    [inSp1, 64501, 'sp1'],
    [inSp2, 64502, 'sp2'],
  ] as const) {
    const received = to(events, address);
    expect(sumBytes(received)).toBe(title.sizeBytes);
    for (const event of received)
      expect(event).toMatchObject({
        kind: 'edge-to-client',
        destinationAs: asn,
        destinationAddress: address,
        title: title.id,
      });
    const { value } = await network.accountingClient.query({
      body: { measure: 'bytes', source: 'cdn', destination: isp, kind: 'edge-to-client' },
    });
    expect(value).toBe(title.sizeBytes);
  }
  expect(await network.accountingClient.audit({})).toMatchObject({ ok: true, bytes: sumBytes(events) });
}, 60_000);

it('aria2c finds out by the Metalink when what it got is not the title', async () => {
  const network = await startNetwork();
  const title = await network.publish('film', 2 * MIB);
  const text = readFileSync(await saveMetalink(network, title, 'film.meta4'), 'utf8');
  const wrong = createHash('sha256').update('something else').digest('hex');

  const file = join(network.directory, 'wrong-file-hash.meta4');
  writeFileSync(
    file,
    text
      .replace(/<pieces [\s\S]*<\/pieces>/, '')
      .replace(/(<hash type="sha-256">)[0-9a-f]{64}/, `$1${wrong}`),
  );
  // 32: "checksum validation failed", in the manual of aria2c.
  expect(await aria2c(network, file, 'by-file')).toMatchObject({ exitCode: 32 });

  const pieces = join(network.directory, 'wrong-piece-hash.meta4');
  writeFileSync(pieces, text.replace(/(<pieces [^>]*>\s*<hash>)[0-9a-f]{64}/, `$1${wrong}`));
  // It asks for a bad piece again and again, until it is told to stop.
  expect((await aria2c(network, pieces, 'by-piece', '--stop=3')).exitCode).not.toBe(0);
  expect(existsSync(join(network.directory, 'by-piece', 'film.bin.aria2'))).toBe(true);
}, 60_000);

it('HEAD, Range and Repr-Digest are of the title’s bytes, at the landing and at the edge', async () => {
  const network = await startNetwork();
  const title = await network.publish('film', MIB + 1);
  const landing = await fetch(landingUrl(network, title), { method: 'HEAD', redirect: 'manual' });
  expect(landing.status).toBe(302);
  expect(landing.headers.get('repr-digest')).toBe(digestOf(title.bytes));
  expect(landing.headers.get('link')).toContain(`type="${METALINK}"`);
  const edgeUrl = landing.headers.get('location')!;
  expect(edgeUrl.startsWith(network.edge.url)).toBe(true);

  const ask = async (method: 'GET' | 'HEAD', headers: Record<string, string> = {}) => {
    const response = await fetch(edgeUrl, { method, headers });
    return { response, body: Buffer.from(await response.arrayBuffer()) };
  };
  const head = await ask('HEAD');
  expect(head.response.status).toBe(200);
  expect(head.body).toHaveLength(0);
  expect(head.response.headers.get('content-length')).toBe(String(title.sizeBytes));

  const whole = await ask('GET');
  expect(whole.body.equals(title.bytes)).toBe(true);
  for (const [range, status, fromByte, toByte] of [
    ['bytes=0-0', 206, 0, 1],
    ['bytes=262143-262144', 206, 262_143, 262_145],
    ['bytes=-7', 206, title.sizeBytes - 7, title.sizeBytes],
    [`bytes=${MIB}-`, 206, MIB, title.sizeBytes],
  ] as const) {
    const { response, body } = await ask('GET', { range });
    expect({ range, status: response.status }).toEqual({ range, status });
    expect(response.headers.get('content-range')).toBe(`bytes ${fromByte}-${toByte - 1}/${title.sizeBytes}`);
    expect(body.equals(title.bytes.subarray(fromByte, toByte))).toBe(true);
    // Of the whole, also with a part of it (RFC 9530).
    expect(response.headers.get('repr-digest')).toBe(digestOf(title.bytes));
  }
  const past = await ask('GET', { range: `bytes=${title.sizeBytes}-` });
  expect(past.response.status).toBe(416);
  expect(past.response.headers.get('content-range')).toBe(`bytes */${title.sizeBytes}`);

  // Only what was sent is accounted: the whole, the ranges, and nothing for HEAD.
  const sent = title.sizeBytes + 1 + 2 + 7 + 1;
  expect(sumBytes(await settledLedger(network, []))).toBe(sent);
}, 60_000);
