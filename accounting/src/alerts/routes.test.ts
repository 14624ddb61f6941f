import { accountingEndpoints, createClient, createHttpClient } from '@fairhop/shared/contract';
import { createAuthenticator, createHttpService, createLog, staticTokens } from '@fairhop/shared/service';
import { expect, it } from 'vitest';
import type { Alerts } from './alerts.js';
import { addAlertRoutes } from './routes.js';

it('tells an owner that telling failed, and the operator alone whom it did not reach', async () => {
  const error = 'connect ECONNREFUSED 192.0.2.7:443';
  const alert = {
    ...{ id: 'msg_1', budget: 'launch', kind: 'reached', reason: null, stepPercent: 80, occurrence: 1 },
    ...{ action: null, periodStartMs: 0, thresholdBytes: 1, usedBytes: 1, forecastBytes: null, crossedMs: 1 },
    ...{ state: 'dead', deliveredMs: null, attempts: 1, lastError: error },
    deliveries: [{ channel: 'webhook', state: 'dead', deliveredMs: null, attempts: 1, lastError: error }],
  };
  const alerts = { listAlerts: () => [alert], listNotices: () => [] } as unknown as Alerts;
  const verify = staticTokens([
    { token: 'operator', principal: { kind: 'operator', id: 'operator' } },
    { token: 'owner', principal: { kind: 'owner', id: 'studio' } },
  ]);
  const http = createHttpService({
    ...{ name: 'test', host: '127.0.0.1', port: 0, bodyLimitBytes: 1_000, stopGraceMs: 0 },
    log: createLog({ name: 'test', level: 'silent' }),
  });
  http.routes((app) => addAlertRoutes(app, { alerts, auth: createAuthenticator({ verify }) }));
  await http.start();
  const client = createHttpClient();
  const listed = async (token: string) => {
    const api = createClient(accountingEndpoints, { http: client, baseUrl: http.url, token });
    return api.listAlerts({ query: {} });
  };
  try {
    expect((await listed('operator')).alerts).toEqual([alert]);
    const forOwner = await listed('owner');
    expect(forOwner.alerts).toMatchObject([{ state: 'dead', attempts: 1, deliveries: [{ state: 'dead' }] }]);
    expect(JSON.stringify(forOwner)).not.toContain('192.0.2.7');
    expect(forOwner.alerts[0]?.lastError).toMatch(/operator/);
  } finally {
    await client.close();
    await http.stop();
  }
});
