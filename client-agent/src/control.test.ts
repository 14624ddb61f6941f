import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FairhopError } from '@fairhop/shared/model';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createControlClient } from './control-client.js';
import { controlPath } from './control-protocol.js';
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
    vi.unstubAllEnvs();
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('are refused with the reason that the agent gives', async () => {
    const client = createControlClient(directory);
    const refused = { code: 'agent-not-started', message: 'The agent is not started', status: 503 };
    await expect(client.status()).rejects.toMatchObject(refused);
    await expect(client.download({ reference: 'a/b' }, () => undefined)).rejects.toMatchObject(refused);
  });

  it.skipIf(process.platform === 'win32')(
    'go through a directory of this user alone where the path is too long',
    async () => {
      // In place of the one that all agents of this user share.
      vi.stubEnv('TMPDIR', directory);
      const deep = join(directory, 'd'.repeat(100));
      const shared = dirname(controlPath(deep));
      expect(shared.startsWith(`${directory}/fairhop-agent-`)).toBe(true);
      const far = createControlServer(deep, { status: refuse, download: async () => refuse() });
      await far.start();
      await expect(createControlClient(deep).status()).rejects.toMatchObject({ code: 'agent-not-started' });
      expect((await stat(shared)).mode & 0o777).toBe(0o700);
      await far.stop();
      await chmod(shared, 0o755);
      await expect(far.start()).rejects.toMatchObject({ code: 'control-directory-exposed' });
      await chmod(shared, 0o700);
    },
  );

  it('are all stopped by one signal, without a warning of the process', async () => {
    await server.stop();
    const asked: string[] = [];
    const wait = (reference: string) => {
      asked.push(reference);
      return new Promise<never>(() => undefined);
    };
    server = createControlServer(directory, { status: refuse, download: wait });
    await server.start();
    const warnings: string[] = [];
    const onWarning = ({ name }: Error): number => warnings.push(name);
    process.on('warning', onWarning);
    const stopping = new AbortController();
    const client = createControlClient(directory);
    const commands = Array.from({ length: 12 }, (_, index) =>
      client.download({ reference: `a/${index}` }, () => undefined, stopping.signal),
    );
    const ended = Promise.allSettled(commands);
    await expect.poll(() => asked.length).toBe(12);
    stopping.abort();
    const aborted = { status: 'rejected', reason: { code: 'aborted' } };
    expect(await ended).toMatchObject(Array.from({ length: 12 }, () => aborted));
    process.off('warning', onWarning);
    // Others come from elsewhere, such as of an experimental feature.
    expect(warnings).not.toContain('MaxListenersExceededWarning');
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
