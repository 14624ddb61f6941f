import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { oneLine, run } from './fixture/cli-command.js';
import { createTestDirectory } from './fixture/directory.js';
import { startStandIn } from './fixture/stand-in.js';

/** Self-signed, for 127.0.0.1. */
const CERTIFICATE = fileURLToPath(new URL('fixture/tls/certificate.pem', import.meta.url));
const KEY = fileURLToPath(new URL('fixture/tls/key.pem', import.meta.url));

it('a coordinator and an edge with TLS serve an agent that trusts their certificate, and no other', async () => {
  const directory = createTestDirectory();
  const bytes = randomBytes(1_000_000);
  const { url, title, received } = await startStandIn(bytes, {
    key: readFileSync(KEY),
    cert: readFileSync(CERTIFICATE),
  });
  const words = ['get', title.id, '--coordinator', url, '--data-dir', 'agent', '--output', 'film.bin'];

  const refused = await run(words, { directory });
  expect(refused.error).toMatch(oneLine('coordinator-unreachable', 'SELF_SIGNED_CERT'));
  expect(received).toEqual([]);

  const trusted = await run(words, { directory, environment: { NODE_EXTRA_CA_CERTS: CERTIFICATE } });
  expect(trusted.exitCode).toBe(0);
  expect(readFileSync(join(directory, 'film.bin')).equals(bytes)).toBe(true);
  expect(received.map(({ type }) => type)).toContain('find-sources');
}, 60_000);
