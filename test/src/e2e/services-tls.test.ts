import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { identityFromPem } from '@fairhop/shared/crypto';
import { freePorts } from '@fairhop/shared/service';
import { expect, it } from 'vitest';
import { type EndedCommand, run, type } from './fixture/cli-command.js';
import { createTestDirectory } from './fixture/directory.js';
import { waitUntil } from './fixture/wait-until.js';

/** Self-signed, for 127.0.0.1. */
const CERTIFICATE = fileURLToPath(new URL('fixture/tls/certificate.pem', import.meta.url));
const KEY = fileURLToPath(new URL('fixture/tls/key.pem', import.meta.url));
const BYTES = 700_000;

it('services that all speak TLS under a CA of their own publish, deliver and account', async () => {
  const directory = createTestDirectory();
  const options = { directory, environment: { NODE_EXTRA_CA_CERTS: CERTIFICATE } };
  const [coordinatorUrl, accountingUrl, edgeUrl] = (await freePorts('127.0.0.1', 3)).map(
    (port) => `https://127.0.0.1:${port}`,
  ) as [string, string, string];
  const token = randomBytes(24).toString('hex');
  const keyFile = join(directory, 'key.pem');
  copyFileSync(KEY, keyFile);
  chmodSync(keyFile, 0o600);
  const start = async (name: string, url: string, config: object): Promise<void> => {
    const file = join(directory, `${name}.json`);
    const common = {
      port: Number(new URL(url).port),
      tls: { certificateFile: CERTIFICATE, keyFile },
      dataDirectory: join(directory, name),
    };
    writeFileSync(file, JSON.stringify({ ...common, ...config }), { mode: 0o600 });
    const service = type([name, '--config', file], options);
    await waitUntil(`${name} listens`, service.out, (out) => out.includes(url));
  };
  const ask = async (...words: string[]): Promise<EndedCommand> => {
    const ended = await run([...words, '--token', token], options);
    expect(ended).toMatchObject({ exitCode: 0 });
    return ended;
  };
  const atCoordinator = ['--coordinator', coordinatorUrl];

  await start('coordinator', coordinatorUrl, { accountingUrl, operatorToken: token });
  await start('accounting', accountingUrl, { coordinatorUrl, operatorToken: token });
  const { joinToken } = JSON.parse((await ask('coordinator', 'join-token', ...atCoordinator, '--json')).out);
  const originDirectory = join(directory, 'origin');
  await start('edge', edgeUrl, { coordinatorUrl, originDirectory, joinToken, maxPartMs: 5_000 });

  const bytes = randomBytes(BYTES);
  writeFileSync(join(directory, 'film'), bytes);
  await ask('owner', 'add', 'studio', ...atCoordinator);
  const origin = ['--origin-directory', originDirectory];
  await ask('publish', join(directory, 'film'), '--owner', 'studio', ...origin, ...atCoordinator);
  const agent = ['--data-dir', 'agent'];
  const got = await run(['get', 'studio/film', ...agent, ...atCoordinator, '-o', 'copy'], options);
  expect(got.exitCode).toBe(0);
  expect(readFileSync(join(directory, 'copy')).equals(bytes)).toBe(true);

  // The edge's report and the agent's: each needs keys that accounting takes from the coordinator.
  const { key: host } = identityFromPem(readFileSync(join(directory, 'agent', 'identity.pem'), 'utf8'));
  for (const [words, value] of [
    [['bytes'], BYTES],
    [['files', '--host', host], 1],
  ] as const) {
    const answer = () => ask('query', ...words, '--accounting', accountingUrl, '--json');
    await waitUntil(`${words[0]} are booked`, answer, ({ out }) => JSON.parse(out).value === value);
  }
}, 120_000);
