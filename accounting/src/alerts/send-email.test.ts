import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { budgetSchema } from '@fairhop/shared/contract';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDirectory } from '../fixture/service.js';
import { createAlertsFixture } from './fixture.js';
import type { SmtpServer } from './send-email.js';

/** For what happens soon, on a machine that is busy. */
const patience = { timeout: 15_000 };

let cleanups: (() => unknown)[] = [];
let file: string;

beforeEach(() => {
  const directory = createTestDirectory();
  cleanups = [directory.remove];
  file = join(directory.path, 'alerts.db');
});
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

interface Mail {
  readonly to: string[];
  readonly text: string;
}

/** A mail server on loopback that keeps what it gets; `refusals` of it are refused first. */
const startMailServer = async (
  options: SMTPServerOptions = {},
  refusals = 0,
): Promise<{ port: number; mails: Mail[] }> => {
  const mails: Mail[] = [];
  let left = refusals;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (left > 0) {
          left -= 1;
          callback(Object.assign(new Error('try again later'), { responseCode: 451 }));
          return;
        }
        const to = session.envelope.rcptTo.map(({ address }) => address);
        mails.push({ to, text: Buffer.concat(chunks).toString() });
        callback();
      });
    },
    ...options,
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => new Promise<void>((resolve) => server.close(resolve)));
  return { port: (server.server.address() as AddressInfo).port, mails };
};

const open = (smtp: Partial<SmtpServer> & { port: number }, attemptTimeoutMs = 5_000) => {
  const fixture = createAlertsFixture({
    ...{ file, attemptTimeoutMs, usedBytes: () => 850 },
    smtp: { host: '127.0.0.1', secure: false, from: 'Fairhop <alerts@cdn.example>', ...smtp },
  });
  cleanups.push(fixture.stop);
  fixture.alerts.start();
  return fixture.alerts;
};
const email = ['ops@studio.example', 'cfo@studio.example'];
const budget = budgetSchema.parse({ id: 'b', owner: 'studio', limitBytes: 1_000, period: 'total', email });

describe('an alert by e-mail', () => {
  it('reaches all receivers, with an id of its own, after the server refused it for a while', async () => {
    const { port, mails } = await startMailServer({}, 2);
    const alerts = open({ port });
    await alerts.putBudget(budget);
    await expect
      .poll(() => alerts.listAlerts({ state: 'delivered' }), patience)
      .toMatchObject([{ attempts: 3, deliveries: [{ channel: 'email', state: 'delivered', attempts: 3 }] }]);
    const [alert] = alerts.listAlerts({});
    expect(mails).toHaveLength(1);
    expect(mails[0]?.to).toEqual(email);
    expect(mails[0]?.text).toContain(`Message-ID: <${alert?.id}@`);
    expect(mails[0]?.text).toContain('Subject: Budget b: 80 % reached');
    expect(mails[0]?.text).toContain('From: Fairhop <alerts@cdn.example>');
    expect(mails[0]?.text).toMatch(/Used: .*850 bytes/);
  });

  it('waits no longer than the time-out for a server that hangs', async () => {
    const sockets = new Set<{ destroy(): void }>();
    let closed = 0;
    const silent = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => (closed += 1));
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const alerts = open({ port: (silent.address() as AddressInfo).port }, 300);
    await alerts.putBudget(budget);
    const lastError = () => alerts.listAlerts({})[0]?.lastError;
    await expect.poll(lastError, patience).toMatch(/time|abort/i);
    // Nothing of the attempt is left behind.
    await expect.poll(() => closed, patience).toBeGreaterThan(0);
  });

  it('is not sent again to the others when the server refuses one, which is listed', async () => {
    const { port, mails } = await startMailServer({
      onRcptTo({ address }, _session, callback) {
        callback(
          address === email[1] ? Object.assign(new Error('no such user'), { responseCode: 550 }) : null,
        );
      },
    });
    const alerts = open({ port });
    await alerts.putBudget(budget);
    await expect
      .poll(() => alerts.listAlerts({ state: 'delivered' }), patience)
      .toMatchObject([{ attempts: 1, lastError: 'the mail server refused cfo@studio.example' }]);
    expect(mails.map(({ to }) => to)).toEqual([[email[0]]]);
  });

  it('never gives a password to a server without TLS', async () => {
    const logins: unknown[] = [];
    const { port, mails } = await startMailServer({
      onAuth(auth, _session, callback) {
        logins.push(auth.password);
        callback(null, { user: 'alerts' });
      },
    });
    const alerts = open({ port, user: 'alerts', password: 'a secret' });
    await alerts.putBudget(budget);
    await expect.poll(() => alerts.listAlerts({})[0]?.lastError, patience).toMatch(/TLS/);
    expect([logins, mails]).toEqual([[], []]);
  });
});
