import { openDatabase } from '@fairhop/shared/service';
import { expect, it } from 'vitest';
import { auditLedger } from '../audit/index.js';
import { readReceivedFiles } from '../query/files.js';
import { readHere } from '../reading/index.js';
import { firstPathIdOf } from './path-id.js';
import { ledgerMigrations } from './schema.js';
import {
  batch,
  completionMessage,
  contentId,
  event,
  eventsMessage,
  openTestLedger,
  START_MS,
  uuid,
} from './test-support.js';
import { transferIdBytes } from './transfer-id.js';

const bin = START_MS / 300_000;
const components = ['as:64501', 'link:as:64501>as:64502', 'as:64502', 'isp:sp1', 'isp:sp2'];
const isps = ['sp1', 'sp2'];
const pathId = firstPathIdOf(
  components.map((component) => ({ component })),
  isps,
);

/** As the first version wrote it: SP1 to SP2 over two bins, a fill within SP1, and one row without a path. */
function writeFirst(file: string): void {
  const database = openDatabase(file, ledgerMigrations.slice(0, 1), { synchronous: 'FULL' });
  database.exec(`
    INSERT INTO hosts VALUES (1, 'host:uploader'), (2, 'host:downloader');
    INSERT INTO endpoints VALUES (1, 1, '127.1.0.5'), (2, 2, '127.2.0.9');
    INSERT INTO owners VALUES (1, 'moviestudio');
    INSERT INTO titles VALUES (1, 'moviestudio/film.mp4');
    INSERT INTO files VALUES (1, x'${contentId('film')}', 1, 1, 'video', 1000);
    INSERT INTO components SELECT key + 1, value FROM json_each('${JSON.stringify(components)}');
    INSERT INTO paths VALUES (1, '${pathId}', '[64501,64502]', '["sp1","sp2"]');
    INSERT INTO path_components SELECT 1, id - 1, id FROM components;
    INSERT INTO paths VALUES (2, '${firstPathIdOf([{ component: 'as:64501' }, { component: 'isp:sp1' }], ['sp1'])}', '[64501]', '["sp1"]');
    INSERT INTO path_components VALUES (2, 0, 1), (2, 1, 4);
    INSERT INTO routes VALUES (1, 'client-to-client', 1, 64501, 'sp1', 64502, 'sp2'),
      (2, 'origin-to-edge', 2, 64501, 'sp1', 64501, 'sp1'), (3, 'edge-to-client', NULL, NULL, NULL, 64502, 'sp2');
    INSERT INTO reporters VALUES (1, 'reporter', '0b4e7a52-3d5c-4f6e-9a51-6d2f0c8b7e10');
    INSERT INTO received VALUES (1, 1, 3);
    INSERT INTO event_blocks VALUES (0, ${bin}, ${bin + 1});
    UPDATE counters SET value = 4 WHERE name = 'events';
    UPDATE counters SET value = 1127 WHERE name = 'bytes';
    INSERT INTO host_files VALUES (2, 1, 4, 1127);
    INSERT INTO completions VALUES (2, 1, x'${contentId('film')}', 1000, ${START_MS + 7}, 1);
  `);
  const insert = database.prepare(
    `INSERT INTO events VALUES (?, ?, ?, 1, ?, 1, 2, ?, 0, 0, 300000, 8000, 1, 0, ?, ?)`,
  );
  insert.run(1, bin, 1, 1000, transferIdBytes(uuid(1)), 0, 0);
  insert.run(2, bin + 1, 1, 100, transferIdBytes(uuid(1)), 1000, 0);
  insert.run(3, bin, 2, 7, transferIdBytes(uuid(2)), null, 1);
  insert.run(4, bin, 3, 20, transferIdBytes(uuid(3)), null, 1);
  const slots = 'b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10, b11';
  const hour = Math.floor(bin / 12);
  for (const [table, subject, sums] of [
    ['route_hours', 1, '2, 1100, 1000, 100'],
    ['route_hours', 2, '1, 7, 7, 0'],
    ['route_hours', 3, '1, 20, 20, 0'],
    ['owner_hours', 1, '4, 1127, 1027, 100'],
  ] as const)
    database.exec(
      `INSERT INTO ${table} (subject, hour, events, bytes, ${slots}) VALUES (${subject}, ${hour}, ${sums}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)`,
    );
  const era = Math.floor(hour / 512);
  database.exec(`INSERT INTO owner_route_hours VALUES
    (${era}, 1, 1, ${hour}, 2, 1100), (${era}, 1, 2, ${hour}, 1, 7), (${era}, 1, 3, ${hour}, 1, 20)`);
  database.close();
}

it('brings a ledger of the first version up: all that was booked stays, and is told with what is known of it', async () => {
  const test = await openTestLedger(writeFirst);
  try {
    const { ledger: now } = test;
    expect(auditLedger(now.database)).toMatchObject({ firstBreak: null, events: 4, bytes: 1_127 });
    expect(now.ownerBytes('moviestudio', 0, START_MS * 2)).toBe(1_120);
    expect(now.ownerBytes('moviestudio', START_MS + 300_000, START_MS * 2)).toBe(100);
    expect(now.eventsAfter(0, 1)).toMatchObject([{ bytes: 1_000, path: { id: pathId, components } }]);
    expect(
      now.database
        .prepare('SELECT path, position, source, confidence, billable FROM path_components ORDER BY 1, 2')
        .raw()
        .all(),
    ).toEqual([
      [1, 0, 'inferred', 50, 1],
      [1, 1, 'inferred', 50, 1],
      [1, 2, 'inferred', 50, 1],
      [1, 3, 'operator', 100, 1],
      [1, 4, 'operator', 100, 1],
      [2, 0, 'operator', 100, 1],
      [2, 1, 'operator', 100, 1],
    ]);
    // Nobody but its downloader said so.
    expect(now.beliefs.transfer(uuid(1))).toMatchObject({
      belief: { downloaderBytes: 1_100, uploaderBytes: null, settledBytes: 0, claimedBytes: 1_100 },
    });
    const completedMs = () =>
      readHere(now.database, () => readReceivedFiles({})).map((file) => file.completedMs);
    expect(completedMs()).toEqual([START_MS + 7]);
    const completions = [9, 5].map((byMs) => completionMessage(byMs, { timeMs: START_MS + byMs }));
    expect(now.book(batch(completions))).toMatchObject({ accepted: 1, duplicates: 1 });
    expect(completedMs()).toEqual([START_MS + 5]);
    const first = event({ fromBytes: 0 });
    const second = event({ fromBytes: 1_000, bytes: 100, binMs: START_MS + 300_000 });
    expect(now.book(batch([eventsMessage(1, first, second)]))).toMatchObject({ duplicates: 1, rejected: [] });
    expect(now.book(batch([eventsMessage(4, first)])).rejected).toMatchObject([{ code: 'part-conflict' }]);
    expect(now.book(batch([eventsMessage(5, event({ part: 1, fromBytes: 1_100 }))])).accepted).toBe(1);
    expect(auditLedger(now.database)).toMatchObject({ firstBreak: null, events: 5 });
  } finally {
    await test.remove();
  }
});
