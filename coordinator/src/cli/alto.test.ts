import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CoordinatorFixture, startCoordinator } from '../test-kit.js';
import { fairhop } from './fixture.js';

let fixture: CoordinatorFixture;
beforeEach(async () => {
  fixture = await startCoordinator();
});
afterEach(() => fixture.stop());

const example = (name: string): string =>
  fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));
const files = (networkMap: string, costMap: string) => ['--network-map', networkMap, '--cost-map', costMap];
const alto = (verb: string, ...argv: string[]) => {
  const at = ['--coordinator', fixture.url, '--token', fixture.coordinator.operatorToken];
  return fairhop('isp', 'alto', verb, 'sp1', ...argv, ...at);
};

it('gives, shows and removes maps', async () => {
  const given = files(example('alto-network-map.json'), example('alto-cost-map.json'));
  expect((await alto('put', ...given)).out).toMatch(/^sp1: 4 PIDs with 5 prefixes, numerical costs/);
  expect((await alto('show')).out).toContain('in force; confirmed 20');
  expect(JSON.parse((await alto('show', '--json')).out)).toMatchObject({
    isInForce: true,
    networkMap: { 'network-map': { north: { ipv4: ['127.1.0.0/17'] } } },
  });
  expect((await alto('remove')).exitCode).toBe(0);
  expect(await alto('show')).toMatchObject({
    exitCode: 3,
    error: expect.stringContaining('[alto-unknown]'),
  });
});

it('tells what is wrong in the words of the command line', async () => {
  const file = join(fixture.config.dataDirectory, '..', 'map.json');
  await writeFile(file, '{"meta":{}}');
  const malformed = await alto('put', ...files(file, example('alto-cost-map.json')));
  expect(malformed).toMatchObject({
    exitCode: 2,
    error: expect.stringMatching(/--network-map: file .*map\.json: meta\.vtag: .*\[alto-malformed\]/),
  });
  expect((await alto('put', ...files('/nowhere', file))).error).toContain('[file-unusable]');
  const wrongUrl = await alto('url', 'ftp://127.0.0.1/alto');
  expect(wrongUrl).toMatchObject({ exitCode: 2, error: expect.stringContaining('<url>: must be an http') });
  const unreachable = await alto('url', 'http://127.0.0.1:1/alto');
  expect(unreachable.error).toContain('[alto-unreachable]');
});
