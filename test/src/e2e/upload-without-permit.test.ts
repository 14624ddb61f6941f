import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createAgentProcess } from './fixture/agent-process.js';
import { createTestDirectory } from './fixture/directory.js';
import { MIB } from './fixture/network.js';
import { startStandIn } from './fixture/stand-in.js';
import { waitUntil } from './fixture/wait-until.js';

/** An uploader at 127.2.0.1 that holds the title, and a downloader at 127.1.0.1, which is sent to it with a grant. */
async function startScene(permitNetworks: string[]) {
  const directory = createTestDirectory();
  const bytes = randomBytes(2 * MIB);
  const standIn = await startStandIn(bytes);
  const uploader = createAgentProcess('uploader', directory, standIn.url, { address: '127.2.0.1' });
  const downloader = createAgentProcess('downloader', directory, standIn.url, { address: '127.1.0.1' });
  await Promise.all([uploader.start(), downloader.start()]);
  await uploader.download(standIn.title.id).result;
  standIn.holdEdge();
  standIn.offer({ uploader: uploader.key, permitNetworks });
  const output = join(directory, 'film.bin');
  const download = downloader.download(standIn.title.id, output);
  return { standIn, uploader, downloader, download, bytes, output };
}

it('an upload from an address that its permit does not cover is counted, and none of it is used', async () => {
  const { standIn, uploader, downloader, download, bytes, output } = await startScene(['127.3.0.0/16']);
  await waitUntil(
    'it is counted',
    () => downloader.status(),
    (status) => status.uploadsWithoutPermit > 0,
  );
  standIn.releaseEdge();
  const result = await download.result;
  expect(result).toMatchObject({
    ...{ uploadsWithoutPermit: 1, bytesFromPeers: 0, peers: 0 },
    ...{ bytesFromEdges: bytes.length, verifiedBytes: bytes.length },
  });
  expect(readFileSync(output).equals(bytes)).toBe(true);
  expect((await downloader.status()).uploadsWithoutPermit).toBe(1);
  // Nothing is reported that somebody would be paid for, and the coordinator hears why it ended.
  expect((await uploader.status()).upload.totals).toEqual([]);
  expect(standIn.received).toContainEqual(
    expect.objectContaining({ type: 'release', reason: expect.stringContaining('outside') }),
  );
}, 60_000);

it('the same upload with a permit that covers it is used, and is not counted', async () => {
  const { standIn, uploader, download, bytes, output } = await startScene(['127.2.0.0/16']);
  const result = await download.result;
  expect(result).toMatchObject({ uploadsWithoutPermit: 0, bytesFromPeers: bytes.length, bytesFromEdges: 0 });
  expect(readFileSync(output).equals(bytes)).toBe(true);
  expect((await uploader.status()).upload.sentThisMonthBytes).toBe(bytes.length);
  standIn.releaseEdge();
}, 60_000);
