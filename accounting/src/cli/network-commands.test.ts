import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestCoordinator, type TestCoordinator } from '../fixture/coordinator.js';
import { createTestReporter, edgeTransfer } from '../fixture/reporter.js';
import { createTestDirectory, startTestService, type TestService } from '../fixture/service.js';
import { type Ran, runCommand } from './run-command.test-support.js';

const examples = resolve(import.meta.dirname, '../../../examples');
const directory = createTestDirectory();
let coordinator: TestCoordinator;
let accounting: TestService;
const link = 'link:as:64496>as:64501';

beforeAll(async () => {
  writeFileSync(directory.graphFile, readFileSync(join(examples, 'networks.json')));
  coordinator = await createTestCoordinator(Date.now);
  accounting = await startTestService({
    asGraphFile: directory.graphFile,
    dataDirectory: directory.dataDirectory,
    coordinatorUrl: coordinator.url,
  });
  expect(await ask('topology', 'put', 'SP1', join(examples, 'topology.json'))).toMatchObject({ exitCode: 0 });
  const edge = createTestReporter(coordinator, 'edge', () => accounting.url);
  const nowMs = Date.now();
  const report = edgeTransfer({
    bytes: 7_000_000,
    startMs: nowMs,
    endMs: nowMs,
    destinationAddress: '127.1.130.10',
  });
  expect(await edge.post([report])).toMatchObject({ accepted: 1 });
});
afterAll(async () => {
  await accounting.stop();
  await coordinator.close();
  directory.remove();
});

const ask = (...argv: string[]): Promise<Ran> =>
  runCommand(...argv, '--accounting', accounting.url, '--token', accounting.service.operatorToken);
const json = async (...argv: string[]) => JSON.parse((await ask(...argv, '--json')).out);

describe('fairhop topology', () => {
  it('declares the example, which counts whole, and shows it', async () => {
    const shown = await json('topology', 'show', 'sp1');
    expect(shown).toMatchObject({ version: 1, refused: [], conflicts: [] });
    expect(shown.topology).toMatchObject(JSON.parse(readFileSync(join(examples, 'topology.json'), 'utf8')));
    const { out } = await ask('topology', 'show', 'sp1');
    expect(out).toMatch(
      /Version 1 of sp1, in force from \S+Z, declared by operator\n2 routers, 1 switch, 2 internal/,
    );
    expect(await json('topology', 'list', 'sp1')).toHaveLength(1);
    expect((await ask('topology', 'list', 'sp2')).out).toMatch(/declared nothing/);
  });

  it('takes back what has not begun', async () => {
    const wrong = join(directory.path, 'early.json');
    const topology = JSON.parse(readFileSync(join(examples, 'topology.json'), 'utf8'));
    writeFileSync(wrong, JSON.stringify({ ...topology, attachments: [] }));
    expect(await json('topology', 'put', 'sp1', wrong, '--from', '2100-01-01')).toMatchObject({ version: 2 });
    expect((await ask('topology', 'put', 'sp1', wrong)).error).toMatch(/topology-out-of-order/);
    expect((await ask('topology', 'withdraw', 'SP1', '2')).out).toMatch(
      /^Version 2 of sp1, which was to begin at 2100-01-01T\S+, is withdrawn\.\n$/,
    );
    expect(await ask('topology', 'withdraw', 'sp1', '1')).toMatchObject({ exitCode: 6, out: '' });
    expect((await json('topology', 'list', 'sp1', '--limit', '5')).length).toBe(1);
  });

  it('says in one line what is wrong', async () => {
    const wrong = join(directory.path, 'wrong.json');
    writeFileSync(wrong, JSON.stringify({ version: 1, nodes: [{}] }));
    const cases: [string[], number, RegExp][] = [
      [['topology', 'put', 'sp1', wrong], 2, /nodes\.0/],
      [['topology', 'put', 'sp1', join(directory.path, 'none.json')], 2, /none\.json/],
      [['topology', 'put', 'sp9', join(examples, 'topology.json')], 3, /sp9/],
      [['topology', 'show', 'sp2'], 3, /topology-unknown/],
      [['topology', 'put', 'sp1', join(examples, 'topology.json'), '--from', 'soon'], 2, /--from/],
      [['component', 'show', 'nonsense'], 2, /must be a component/],
      [['component', 'show', 'as:65000'], 3, /component-unknown/],
      [['component', 'list', '--kind', 'thing'], 2, /kind/],
      [['object', 'show', 'none'], 3, /object-unknown/],
      [['path', '127.1.0.1', 'nowhere'], 2, /destination/],
    ];
    for (const [argv, exitCode, message] of cases) {
      const ran = await ask(...argv);
      expect({ argv, exitCode: ran.exitCode, out: ran.out }).toEqual({ argv, exitCode, out: '' });
      expect(ran.error).toMatch(message);
      expect(ran.error.trimEnd().split('\n')).toHaveLength(1);
    }
  });
});

describe('fairhop path', () => {
  it('shows the way with what the ISP declared in it, and explains it', async () => {
    const { out } = await ask('path', '127.0.0.1', '127.1.130.10');
    const components = out.trimEnd().split('\n');
    expect(components).toEqual(expect.arrayContaining(['as:64496', link, 'as:64501', 'isp:sp1']));
    expect(components).toContain('router:bas1.fresno.sp1.example');
    const explained = await ask('path', '127.0.0.1', '127.1.130.10', '--explain');
    expect(explained.out).toMatch(/AS 64496 \(cdn\) to AS 64501 \(sp1\)/);
    expect(explained.out).toMatch(/router:bas1\.fresno\.sp1\.example +declared +100 % +yes/);
    const { path } = await json('path', '127.0.0.1', '127.1.130.10');
    expect(path.elements.map(({ component }: { component: string }) => component)).toEqual(components);
    expect((await ask('path', '127.0.0.1', '10.0.0.1')).out).toMatch(/AS of the destination is unknown/);
  });

  it('lists conflicts and evidence, of which there are none', async () => {
    expect(await json('path-conflicts')).toEqual([]);
    expect(await json('path-evidence', '--limit', '5')).toEqual([]);
    expect((await ask('path-evidence')).out).toBe('No traceroutes are kept.\n');
  });
});

describe('fairhop component', () => {
  it('shows, lists and tells the records of what carried bytes, and takes an owner', async () => {
    expect(await json('component', 'show', link)).toMatchObject({
      bytes: 7_000_000,
      events: 1,
      kind: 'link',
    });
    expect((await ask('component', 'show', 'router:bas1.fresno.sp1.example')).out).toMatch(
      /part of +as:64501\n +place:us\/ca\/fresno[\s\S]*carried +7,000,000 bytes[\s\S]*sp1 .*learnt/,
    );
    const routers = await json('component', 'list', '--kind', 'router');
    expect(routers).toContainEqual({
      id: 'router:bas1.fresno.sp1.example',
      kind: 'router',
      bytes: 7_000_000,
    });
    expect(await json('component', 'records', link)).toMatchObject([
      { component: link, owner: 'moviestudio', bytes: 7_000_000, title: 'moviestudio/film.mp4' },
    ]);
    expect((await ask('component', 'owner', link, 'CDN')).out).toMatch(/sp1 .*learnt\ncdn .*declared/);
  });
});

describe('fairhop object', () => {
  it('makes, changes, measures and closes one', async () => {
    const put = (component: string, from: string) =>
      json('object', 'put', 'film', '--name', 'Film', '--component', component, '--from', from);
    await put(`${link},as:64501`, '2020-01-01');
    expect((await put(link, '2020-02-01')).entities).toHaveLength(2);
    expect(await json('object', 'bytes', 'film', '--from', '2020-01-01')).toEqual({
      bytes: 7_000_000,
      events: 1,
    });
    expect((await ask('object', 'bytes', 'film', '--to', '2020-01-01')).out).toBe('0 bytes in 0 events\n');
    expect((await ask('object', 'list', '--component', 'as:64501')).out).toMatch(/film +Film/);
    expect((await ask('object', 'show', 'film')).out).toMatch(/as:64501 +2020-01-01\S+ +2020-02-01/);
    expect((await json('object', 'close', 'film')).closedMs).toBeGreaterThan(0);
    expect(await ask('object', 'close', 'film', '--at', '2020-01-15')).toMatchObject({ exitCode: 0 });
    expect(await ask('object', 'put', 'film', '--name', 'Film')).toMatchObject({ exitCode: 6 });
  });
});
