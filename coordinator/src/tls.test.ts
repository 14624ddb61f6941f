import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startCoordinator } from './test-kit.js';
import { openTestSession } from './test-session.js';

// Made for tests alone: a self-signed certificate of 127.0.0.1 and its key.
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
