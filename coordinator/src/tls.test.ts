import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startCoordinator } from './test-kit.js';
import { openTestSession } from './test-session.js';

// Made for tests alone: a self-signed certificate of 127.0.0.1, valid since 2020, and its key.
const certificate = `-----BEGIN CERTIFICATE-----
MIIBYTCCAQigAwIBAgIBATAKBggqhkjOPQQDAjAXMRUwEwYDVQQDDAxmYWlyaG9w
IHRlc3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBcxFTATBgNV
BAMMDGZhaXJob3AgdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHClWP7k
1AKDqpibb2/4OZgXMTyWZ/rLTFdOAlxO0u4iUv1P9+GScseK0yiSodXRz5THFuA+
2saIJ5M7iTwYmwWjQzBBMA8GA1UdEwEB/wQFMAMBAf8wDwYDVR0RBAgwBocEfwAA
ATAdBgNVHQ4EFgQUUUn/EomyiFd7KSIExkAgwwWWQTMwCgYIKoZIzj0EAwIDRwAw
RAIgKbKezly16JEzoarf5178EuzyyRRXHslXxTFwNH6L+OUCIBGXQG8UD2721F6a
GzD1vU5nasGHKBcjVfD8MzPljM/k
-----END CERTIFICATE-----`;
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgQ4iL46XxkL4M2Jbw
RPktSdOYbIpttnwU7WqjeFPBXSihRANCAARwpVj+5NQCg6qYm29v+DmYFzE8lmf6
y0xXTgJcTtLuIlL9T/fhknLHitMokqHV0c+UxxbgPtrGiCeTO4k8GJsF
-----END PRIVATE KEY-----`;

it('serves HTTPS and sessions over WSS with a certificate', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-tls-'));
  const tls = { certificateFile: join(directory, 'certificate.pem'), keyFile: join(directory, 'key.pem') };
  await writeFile(tls.certificateFile, certificate);
  await writeFile(tls.keyFile, key, { mode: 0o600 });
  const fixture = await startCoordinator({ tls });
  try {
    expect(fixture.url).toMatch(/^https:/);
    const status = await new Promise((resolve, reject) => {
      get(`${fixture.url}/v1/coordinator`, { ca: certificate, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
    expect(status).toBe(200);
    const session = await openTestSession(fixture, { address: '127.1.0.5', ca: certificate });
    expect(await session.next('welcome')).toMatchObject({ isp: 'sp1' });
    await session.close();
  } finally {
    await fixture.stop();
    await rm(directory, { recursive: true });
  }
});
