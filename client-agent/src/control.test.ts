import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FairhopError } from '@fairhop/shared/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createControlClient } from './control-client.js';
import { type ControlServer, createControlServer } from './control-server.js';

describe('commands to an agent', () => {
  let directory: string;
  let server: ControlServer;
  const refuse = (): never => {
    throw new FairhopError('agent-not-started', 'The agent is not started', { status: 503 });
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fairhop-control-'));
    server = createControlServer(directory, { status: refuse, download: async () => refuse() });
    await server.start();
  });
  afterEach(async () => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('are refused with the reason that the agent gives', async () => {
    const client = createControlClient(directory);
    const refused = { code: 'agent-not-started', message: 'The agent is not started', status: 503 };
    await expect(client.status()).rejects.toMatchObject(refused);
    await expect(client.download({ reference: 'a/b' }, () => undefined)).rejects.toMatchObject(refused);
  });

  it('end with agent-not-running where none listens', async () => {
    await server.stop();
    await expect(createControlClient(directory).status()).rejects.toMatchObject({
      code: 'agent-not-running',
    });
    server = createControlServer(directory, { status: refuse, download: async () => refuse() });
    await server.start();
  });
});
