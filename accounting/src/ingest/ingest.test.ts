import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createIdentity } from '@fairhop/shared/crypto';
import { createAsGraph } from '@fairhop/shared/net';
import { systemClock } from '@fairhop/shared/service';
import { afterEach, expect, it } from 'vitest';
import { createTestCoordinator, issuer } from '../fixture/coordinator.js';
import { peerTransfer } from '../fixture/reporter.js';
import { createTestDirectory, demoGraph } from '../fixture/service.js';
import { createLedger } from '../ledger/index.js';
import { createPathResolver } from '../paths/path-resolver.js';
import { createIngest } from './ingest.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

it('books what it had accepted when it was ended before the ledger had it, once it is sent again', async () => {
  const directory = createTestDirectory();
  cleanups.push(directory.remove);
  const coordinator = await createTestCoordinator(Date.now);
  cleanups.push(coordinator.close);
  const ledger = createLedger({ file: join(directory.path, 'ledger.db'), clock: systemClock });
  await ledger.start();
  cleanups.push(() => ledger.stop());
  const downloader = createIdentity();
  const reporter = { key: downloader.key, role: 'agent', issuer } as const;
  const [startMs, endMs] = [Date.now() - 5_000, Date.now() - 4_000];
  const facts = {
    coordinator,
    uploader: createIdentity(),
    downloader,
    transferId: randomUUID(),
    startMs,
    endMs,
  };
  const batch = {
    reporter: downloader.key,
    incarnation: randomUUID(),
    messages: [{ sequence: 0, record: await peerTransfer({ ...facts, toBytes: 1_000 }) }],
  };
  const resolver = createPathResolver({
    graph: createAsGraph(demoGraph),
    furtherAsnSources: [],
    onSourceError: () => undefined,
  });
  const open = (bookChecked: Parameters<typeof createIngest>[1]['bookChecked']) =>
    createIngest(join(directory.path, 'parts.db'), {
      keyOf: async () => coordinator.identity.key,
      clock: systemClock,
      resolver: () => resolver,
      bookChecked,
    });

  const ended = open(() => {
    throw new Error('ended here');
  });
  await expect(ended.book(batch, reporter)).rejects.toThrow('ended here');
  ended.close();
  const again = open((checked) => {
    const result = ledger.book(checked);
    return { ...result, rejected: [...result.rejected] };
  });
  cleanups.push(again.close);
  expect(await again.book(batch, reporter)).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
  expect(await again.book(batch, reporter)).toEqual({ accepted: 0, duplicates: 1, rejected: [] });
  expect(ledger.eventsAfter(0, 10).map(({ bytes }) => bytes)).toEqual([1_000]);
});
