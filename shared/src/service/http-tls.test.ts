import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createHttpService } from './http-service.js';

// Made for this test alone: a self-signed certificate of 127.0.0.1 and its key.
const certificate = `-----BEGIN CERTIFICATE-----
MIIBjzCCATagAwIBAgIUGNyfKH67eizDmgB+KQnZqBqG03YwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyMDA1NDcyOFoYDzIxMjYxMDI3
MDU0NzI4WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQKsD3YZYvLJ5Nmy9cA+xp+Amrpyf/IvzSzgh7qySYVgCQfwpttwBDL
Ewz/NDOXMAAfgxPom0EH586p5Nlr0uZuo2QwYjAdBgNVHQ4EFgQUVE8yvtKkpcx3
QuUdqrZ6LO0H/kAwHwYDVR0jBBgwFoAUVE8yvtKkpcx3QuUdqrZ6LO0H/kAwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0cAMEQC
IBcSIToPtSsAq3NX3Js7com9FuAtUPB3Aa6Vhsew5UnSAiApL3tiGUfWQ7uEUfzZ
87UKc9yupuoCwe3Z8Pco/2yLYw==
-----END CERTIFICATE-----`;
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZ3zWfbJxM/l3lM3N
exP+4stQjzSKu63jmocu+1dqfuahRANCAAQKsD3YZYvLJ5Nmy9cA+xp+Amrpyf/I
vzSzgh7qySYVgCQfwpttwBDLEwz/NDOXMAAfgxPom0EH586p5Nlr0uZu
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
