import { createIdentity } from '@fairhop/shared/crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CoordinatorFixture, startCoordinator } from '../test-kit.js';
import { fairhop } from './fixture.js';

let fixture: CoordinatorFixture;
beforeEach(async () => {
  fixture = await startCoordinator();
});
afterEach(() => fixture.stop());

const call = (...argv: string[]) =>
  fairhop(...argv, '--coordinator', fixture.url, '--token', fixture.coordinator.operatorToken);
const agent = createIdentity().key;

it('puts agents into quarantine, lists them with reasons, and releases them', async () => {
  expect((await call('quarantine', 'list')).out).toBe('no agent is in quarantine\n');
  const put = await call(
    ...['quarantine', 'put', agent, '--reason', 'claims what nobody sent', '--hours', '24'],
    ...['--evidence', 'event 7', '--evidence', 'event 9'],
  );
  expect(put).toMatchObject({ exitCode: 0, out: expect.stringMatching(/is in quarantine until 20.*Z\n$/) });
  const listed = await call('quarantine', 'list');
  for (const word of [agent, 'operator', 'claims what nobody sent']) expect(listed.out).toContain(word);
  const { quarantine } = JSON.parse((await call('quarantine', 'list', '--agent', agent, '--json')).out);
  expect(quarantine).toMatchObject([{ agent, suspicions: [{ evidence: ['event 7', 'event 9'] }] }]);
  await call('quarantine', 'put', createIdentity().key, '--reason', 'seen');
  expect((await call('quarantine', 'list', '--limit', '1')).out).toContain('1 more; --limit shows more');
  expect((await call('quarantine', 'release', agent)).out).toBe(`${agent} is released\n`);
  const again = await call('quarantine', 'release', agent);
  expect(again).toMatchObject({ exitCode: 3, error: expect.stringContaining('[quarantine-unknown]') });
  expect((await call('quarantine', 'list')).out).not.toContain(agent);
});

it('says what is wrong in the words that were typed', async () => {
  const wrong = [
    ['<agent>', 'put', 'somebody', '--reason', 'seen'],
    ['--hours', 'put', agent, '--reason', 'seen', '--hours', '1.5'],
    ['--until', 'put', agent, '--reason', 'seen', '--until', 'tomorrow'],
    ['--limit', 'list', '--limit', '0'],
  ] as const;
  for (const [name, ...argv] of wrong) {
    const { exitCode, error } = await call('quarantine', ...argv);
    expect({ exitCode, error }).toMatchObject({ exitCode: 2, error: expect.stringContaining(name) });
  }
});

it('lists audits', async () => {
  expect((await call('audits')).out).toBe('nothing was audited\n');
  expect(JSON.parse((await call('audits', '--agent', agent, '--json')).out)).toEqual({ audits: [] });
});
