import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createIdentity } from '@fairhop/shared/crypto';
import { createManualClock } from '@fairhop/shared/service';
import Database from 'better-sqlite3';
import { Command } from 'commander';
import { asyncBufferFromFile, parquetReadObjects, toJson } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestCoordinator, type TestCoordinator } from '../fixture/coordinator.js';
import { completionOf, createTestReporter, edgeTransfer, peerTransfer } from '../fixture/reporter.js';
import { createTestDirectory, startTestService, type TestService } from '../fixture/service.js';
import { registerAccountingCommands } from './index.js';
import { type Ran, runCommand } from './run-command.test-support.js';

const directory = createTestDirectory();
let coordinator: TestCoordinator;
let accounting: TestService;
const downloader = createIdentity();

// In the middle of a month, so that all is in this one; the transfers are of the bin that is over.
const clock = createManualClock(Date.UTC(2026, 10, 15, 12, 0, 30));
const endMs = clock.nowMs() - 31_000;
const startMs = endMs - 1_000;

beforeAll(async () => {
  coordinator = await createTestCoordinator(clock.nowMs);
  const { graphFile: asGraphFile, dataDirectory } = directory;
  accounting = await startTestService({ asGraphFile, dataDirectory, coordinatorUrl: coordinator.url }, clock);
  const edge = createTestReporter(coordinator, 'edge', () => accounting.url);
  const agent = createTestReporter(coordinator, 'agent', () => accounting.url);
  const destination = `host:${agent.identity.key}`;
  await edge.post([
    edgeTransfer({ bytes: 9_000_000, startMs, endMs, destination, destinationAddress: '127.2.0.20' }),
  ]);
  const facts = { coordinator, uploader: createIdentity(), downloader: agent.identity, startMs, endMs };
  await agent.post([
    await peerTransfer({ ...facts, toBytes: 1_000_000 }),
    completionOf(agent.identity, endMs),
  ]);
  Object.assign(downloader, { key: agent.identity.key });
});
afterAll(async () => {
  await accounting.stop();
  await coordinator.close();
  directory.remove();
});

const ask = (...argv: string[]): Promise<Ran> =>
  runCommand(...argv, '--accounting', accounting.url, '--token', accounting.service.operatorToken);
const json = async (...argv: string[]) => JSON.parse((await ask(...argv, '--json')).out);

describe('fairhop query', () => {
  it('answers the five questions', async () => {
    const hour = new Date(startMs).getUTCHours();
    const onClock = (hours: number): string => `${String(hours % 24).padStart(2, '0')}:00`;
    const within = ['--tz', 'UTC', '--hours', `${onClock(hour)}-${onClock(hour + 1)}`];
    const without = ['--tz', 'UTC', '--hours', `${onClock(hour + 1)}-${onClock(hour)}`];
    const crossing = ['query', 'bytes', '--leaves', 'SP1', '--enters', 'SP2'];
    expect(await json(...crossing, ...within)).toMatchObject({ value: 1_000_000, unit: 'bytes' });
    expect(await json(...crossing, ...without)).toMatchObject({ value: 0, unit: 'bytes' });
    expect(
      await json('query', 'bytes', '--leaves', 'SP1', '--enters', 'SP2', '--owner', 'MovieStudio'),
    ).toMatchObject({ value: 1_000_000 });
    expect(await json('query', 'bytes', '--destination', 'SP2', '--owner', 'moviestudio')).toMatchObject({
      value: 10_000_000,
    });
    expect(await json('query', 'files', '--host', downloader.key, '--owner', 'moviestudio')).toMatchObject({
      value: 1,
      files: [{ title: 'moviestudio/film.mp4' }],
    });
    expect(await json('query', 'difference', '--leaves', 'SP2', '--enters', 'SP1')).toMatchObject({
      value: -1_000_000,
      parts: { forward: 0, backward: 1_000_000 },
    });
  });

  it('tells people what it tells programs', async () => {
    const { out, exitCode } = await ask('query', 'bytes', '--destination', 'SP2', '--group-by', 'source-isp');
    expect(exitCode).toBe(0);
    expect(out).toContain('10,000,000 bytes (10 MB)');
    expect(out).toMatch(/cdn +9,000,000/);
    expect((await ask('query', 'matrix')).out).toMatch(/cdn +0 +0 +9,000,000\nsp1 +0 +0 +1,000,000/);
    expect(await json('query', 'matrix')).toEqual(
      expect.arrayContaining([
        { from: 'cdn', to: 'sp2', bytes: 9_000_000 },
        { from: 'sp1', to: 'sp2', bytes: 1_000_000 },
      ]),
    );
  });

  it('writes CSV, says what was cut, and explains itself', async () => {
    const byIsp = ['query', 'bytes', '--destination', 'SP2', '--group-by', 'source-isp'];
    expect((await ask(...byIsp, '--format', 'csv')).out).toBe(
      'sourceIsp,bytes\r\ncdn,9000000\r\nsp1,1000000\r\n',
    );
    expect((await ask(...byIsp, '--top', '1')).out).toMatch(/cdn +9,000,000\n\(1 more\) +1,000,000/);
    expect((await ask(...byIsp, '--explain')).out).toMatch(/read: 2 rows of route-hours/);
    expect((await ask('query', 'matrix', '--format', 'csv')).out).toContain('cdn,sp2,9000000\r\n');
    expect(await json('query', 'hosts', '--crosses', 'link:as:64501>as:64502')).toMatchObject({ value: 1 });
    const month = new Date(startMs).toISOString().slice(0, 7);
    const rates = ['--leaves', 'SP1', '--enters', 'SP2', '--period', month, '--direction', 'larger'];
    expect(await json('query', 'percentile95', ...rates)).toMatchObject({ value: 0, unit: 'bitsPerSecond' });
    expect((await ask('query', 'maximum-rate', ...rates)).out).toMatch(/bit\/s .*\n +SP1 to SP2: /);
    expect(await ask('query', 'percentile95', '--leaves', 'SP1')).toMatchObject({ exitCode: 2, out: '' });
  });

  it('draws a matrix of any two dimensions', async () => {
    const pair = ['query', 'events', '--group-by', 'source-isp,kind', '--matrix'];
    expect((await ask(...pair)).out).toMatch(
      /events: sourceIsp \\ kind +client-to-client +edge-to-client\ncdn +0 +1\nsp1 +1 +0\n/,
    );
    expect((await ask(...pair, '--format', 'csv')).out).toBe(
      'sourceIsp \\ kind,client-to-client,edge-to-client\r\ncdn,0,1\r\nsp1,1,0\r\n',
    );
  });

  it('writes a file, of the answer that it prints', async () => {
    const file = (name: string): string => join(directory.dataDirectory, name);
    const byDay = ['query', 'bytes', '--destination', 'SP2', '--group-by', 'source-isp,day'];
    await ask(...byDay, '--format', 'parquet', '--output', file('days.parquet'));
    const written = await asyncBufferFromFile(file('days.parquet'));
    const { rows } = await json(...byDay);
    expect(toJson(await parquetReadObjects({ file: written }))).toEqual(
      rows.map(({ key, value }: { key: object; value: number }) => ({ ...key, bytes: value })),
    );
    expect((await ask(...byDay, '--format', 'csv', '--output', file('days.csv'))).out).toBe('');
    expect(readFileSync(file('days.csv'), 'utf8')).toBe((await ask(...byDay, '--format', 'csv')).out);
  });

  it('says in one line what is wrong, with an exit code that says what kind of wrong', async () => {
    const cases: [string[], number, RegExp][] = [
      [['query', 'bytes', '--leaves', 'SP9'], 3, /SP9/i],
      [['query', 'bytes', '--hours', '18-24'], 2, /18:00-00:00/],
      [['query', 'bytes', '--tz', 'Atlantis/Capital'], 2, /IANA/],
      [['query', 'bytes', '--period', '2026-Q5'], 2, /period/],
      [['query', 'files'], 2, /--host/],
      [['query', 'bytes', '--source-place', 'california'], 2, /place:us\/ca/],
      [['query', 'bytes', '--period', '2026-02-30'], 2, /2026-02-30/],
      [['query', 'bytes', '--period', '1969'], 2, /1969 .* before 1970/],
      [['query', 'bytes', '--period', '0099'], 2, /0099 .* before 1970/],
      [
        ['query', 'bytes', '--matrix', '--group-by', 'day'],
        2,
        /--group-by source-isp,destination-isp is right/,
      ],
      [['query', 'bytes', '--format', 'parquet'], 2, /--output FILE/],
      [['query', 'bytes', '--format', 'csv', '--output', '/nowhere/at/all'], 2, /directory that is there/],
    ];
    for (const [argv, exitCode, message] of cases) {
      const ran = await ask(...argv);
      expect({ argv, exitCode: ran.exitCode }).toEqual({ argv, exitCode });
      expect(ran.error).toMatch(message);
      expect(ran.error.trimEnd().split('\n')).toHaveLength(1);
      expect(ran.out).toBe('');
    }
    const refused = await runCommand(
      'query',
      'matrix',
      '--accounting',
      accounting.url,
      '--token',
      'wrong-token-of-nobody',
    );
    expect(refused).toMatchObject({ exitCode: 4, out: '' });
    expect(await runCommand('audit', '--accounting', 'http://127.0.0.1:9')).toMatchObject({ exitCode: 5 });
  });
});

describe('fairhop audit', () => {
  it('says that the ledger adds up', async () => {
    expect(await json('audit')).toMatchObject({ ok: true, events: 2, bytes: 10_000_000 });
    expect(await ask('audit')).toMatchObject({ exitCode: 0, out: expect.stringContaining('2 events') });
  });
});

describe('fairhop audit on a ledger that was tampered with', () => {
  it('names the first record that breaks it, and fails', async () => {
    const database = new Database(join(directory.dataDirectory, 'ledger.db'));
    const { id } = database.prepare<[], { id: number }>('SELECT max(id) AS id FROM events').get()!;
    database.prepare('UPDATE events SET bytes = bytes + 1 WHERE id = ?').run(id);
    try {
      const { exitCode, out, error } = await ask('audit', '--json');
      expect(exitCode).toBe(1);
      expect(JSON.parse(out)).toMatchObject({ ok: false, bytes: 10_000_001, firstBreak: expect.any(String) });
      expect(error).toMatch(/does not add up.*\[audit-broken\]/);
      expect((await ask('audit')).out).toMatch(/events +NO/);
    } finally {
      database.prepare('UPDATE events SET bytes = bytes - 1 WHERE id = ?').run(id);
      database.close();
    }
  });
});

describe('fairhop owner', () => {
  it('sets, lists and removes budgets, and lists alerts', async () => {
    const set = await ask(
      ...[
        'owner',
        'budget',
        'set',
        'movies',
        '--owner',
        'moviestudio',
        '--limit',
        '100GB',
        '--steps',
        '50,100%',
      ],
      ...['--webhook', 'http://127.0.0.1:9/hook'],
    );
    expect(set).toMatchObject({ exitCode: 0, error: '' });
    expect(set.out).toMatch(/whsec_[A-Za-z0-9+/=]+/);
    expect(await json('owner', 'budget', 'list')).toMatchObject([
      {
        id: 'movies',
        limitBytes: 100e9,
        stepsPercent: [50, 100],
        usedBytes: 9_000_000,
        pendingBytes: 1_000_000,
      },
    ]);
    expect((await ask('owner', 'budget', 'list')).out).toMatch(/movies +moviestudio +month/);
    expect((await ask('owner', 'alerts')).out).toBe('No step of a budget was reached yet.\n');
    expect((await ask('owner', 'budget', 'remove', 'movies')).exitCode).toBe(0);
    expect(await ask('owner', 'budget', 'remove', 'movies')).toMatchObject({ exitCode: 3 });
  });

  it('puts its commands under an owner command that is there', () => {
    const program = new Command('fairhop');
    program.command('owner').command('create');
    registerAccountingCommands(program);
    const owners = program.commands.filter((command) => command.name() === 'owner');
    expect(owners).toHaveLength(1);
    expect(owners[0]?.commands.map((command) => command.name())).toEqual(['create', 'budget', 'alerts']);
  });
});

describe('fairhop accounting', () => {
  it('prints each setting with its source, and refuses wrong ones', async () => {
    const { out } = await runCommand(
      'accounting',
      '--as-graph',
      'graph.json',
      '--port',
      '0',
      '--print-config',
    );
    expect(out).toContain('asGraphFile = "graph.json"  # flag --as-graph');
    expect(out).toContain('port = 0  # flag --port');
    expect(out).toContain('useBundledAsnDataset = true  # default');
    const off = await runCommand(
      'accounting',
      '--as-graph',
      'g',
      '--no-use-bundled-asn-dataset',
      '--print-config',
    );
    expect(off.out).toContain('useBundledAsnDataset = false');
    expect(await runCommand('accounting', '--port', '70000')).toMatchObject({ exitCode: 2 });
  });
});
