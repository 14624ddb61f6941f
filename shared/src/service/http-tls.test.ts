import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createHttpService } from './http-service.js';

// Made for this test alone: a self-signed certificate of 127.0.0.1, valid since 2020, and its key.
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

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairhop-tls-'));
  writeFileSync(join(directory, 'certificate.pem'), certificate);
});
afterEach(() => rmSync(directory, { recursive: true }));

const make = () =>
  createHttpService({
    name: 'trial',
    host: '127.0.0.1',
    port: 0,
    log: pino({ level: 'silent' }),
    bodyLimitBytes: 1000,
    tls: { certificateFile: join(directory, 'certificate.pem'), keyFile: join(directory, 'key.pem') },
  });

it('a service with a certificate speaks TLS', async () => {
  writeFileSync(join(directory, 'key.pem'), key, { mode: 0o600 });
  const service = make();
  await service.start();
  expect(service.url).toMatch(/^https:/);
  const status = await new Promise((resolve, reject) => {
    get(`${service.url}/healthz`, { ca: certificate, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
  expect(status).toBe(200);
  await service.stop();
});

it.skipIf(process.platform === 'win32')('a key that everybody may read is refused', () => {
  writeFileSync(join(directory, 'key.pem'), key);
  chmodSync(join(directory, 'key.pem'), 0o644);
  expect(make).toThrow(
    expect.objectContaining({
      code: 'secret-file-exposed',
      message: expect.stringMatching(/key\.pem has mode 644/),
    }),
  );
});

it('a key that cannot be read is named', () => {
  expect(make).toThrow(
    expect.objectContaining({ code: 'invalid-config', message: expect.stringContaining('key.pem') }),
  );
});
