import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { altoMapsOf } from '../selection/fixture.js';
import { type CoordinatorFixture, startCoordinator } from '../test-kit.js';

let fixture: CoordinatorFixture;
beforeEach(async () => {
  fixture = await startCoordinator({ altoPrivateAddresses: true });
});
afterEach(() => fixture.stop());

const params = { isp: 'sp1' };
const body = altoMapsOf(['home', 'rest'], { home: { home: 1, rest: 2 } }, { rest: ['0.0.0.0/0'] }, 'a');
const state = { isp: 'sp1', tag: 'a', costMode: 'numerical', pids: 2, prefixes: 1, isInForce: true };

describe('ALTO maps over HTTP', () => {
  it('are given with the ISP’s key, shown, kept over a restart and removed', async () => {
    const { apiKey } = await fixture.client.createIspApiKey({ params });
    expect(await fixture.clientOf({ token: apiKey }).putAlto({ params, body })).toMatchObject(state);
    fixture = await fixture.restart();
    const isp = fixture.clientOf({ token: apiKey });
    expect(await isp.getAlto({ params })).toMatchObject({ ...state, ...body });
    expect(await isp.removeAlto({ params })).toEqual(params);
    await expect(isp.getAlto({ params })).rejects.toMatchObject({ code: 'alto-unknown', status: 404 });
  });

  it.each([
    ['isp-unknown', 404, { isp: 'sp9' }, body],
    [
      'invalid-request',
      400,
      params,
      { ...body, costMap: { ...body.costMap, 'cost-map': { home: { home: -1 } } } },
    ],
    ['alto-vtag-mismatch', 422, params, { ...body, costMap: altoMapsOf([], {}, {}, 'b').costMap }],
    ['alto-pid-unknown', 422, params, { ...body, costMap: altoMapsOf([], { x: {} }, {}, 'a').costMap }],
  ])('are refused with %s (%i)', async (code, status, of, wrong) => {
    await expect(fixture.client.putAlto({ params: of, body: wrong })).rejects.toMatchObject({ code, status });
  });

  it('are fetched when the ISP says where, else the error says why not', async () => {
    const server = createServer((request, response) => {
      response.end(JSON.stringify(request.url === '/network' ? body.networkMap : body.costMap));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const urls = { url: `${base}/network`, costMapUrl: `${base}/cost` };
      expect(await fixture.client.putAltoUrl({ params, body: urls })).toMatchObject({ ...state, ...urls });
      const wrong = { url: `${base}/cost`, costMapUrl: `${base}/cost` };
      await expect(fixture.client.putAltoUrl({ params, body: wrong })).rejects.toMatchObject({
        code: 'alto-malformed',
        status: 422,
        errors: expect.arrayContaining([expect.objectContaining({ path: 'network-map' })]),
      });
      expect(await fixture.client.getAlto({ params })).toMatchObject({ ...state, ...urls });
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
