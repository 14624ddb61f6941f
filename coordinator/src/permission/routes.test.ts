import { createIdentity, type Identity, signToken } from '@fairhop/shared/crypto';
import { tokenType } from '@fairhop/shared/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CoordinatorFixture, startCoordinator } from '../test-kit.js';
import { openTestSession } from '../test-session.js';

const homes = { isp: 'sp1', id: 'homes' };
const day = 86_400_000;
const terms = () => ({
  networks: ['127.1.0.0/16'],
  validFromMs: Date.now() - 60_000,
  validUntilMs: Date.now() + day,
});
let fixture: CoordinatorFixture;

beforeEach(async () => {
  fixture = await startCoordinator();
});
afterEach(() => fixture.stop());

describe('agreements', () => {
  it('are stated, changed and withdrawn, and outlive a restart', async () => {
    const body = {
      ...terms(),
      hours: { from: '18:00', to: '06:00', timeZone: 'Europe/London' },
      price: { currency: 'EUR', nanosPerGigabyte: 2_000_000 },
    };
    expect(await fixture.client.putAgreement({ params: homes, body })).toEqual({ ...body, ...homes });
    const changed = { ...body, maxRateBitsPerSecond: 1_000_000 };
    await fixture.client.putAgreement({ params: homes, body: changed });
    fixture = await fixture.restart();
    const list = () => fixture.client.listAgreements({ params: { isp: 'sp1' } });
    expect(await list()).toEqual({ agreements: [{ ...changed, ...homes }] });
    expect((await fixture.client.listIsps({})).isps.find(({ id }) => id === 'sp1')).toEqual({
      id: 'sp1',
      name: 'Service provider 1',
      asns: [64501],
      agreements: 1,
      permitKeys: 0,
    });
    const withdrawn = await fixture.client.withdrawAgreement({ params: homes });
    expect(withdrawn.withdrawnMs).toEqual(expect.any(Number));
    expect(await fixture.client.withdrawAgreement({ params: homes })).toEqual(withdrawn);
    expect(await list()).toEqual({ agreements: [withdrawn] });
  });

  it.each([
    ['isp-unknown', 404, { isp: 'sp9', id: 'homes' }, {}],
    ['network-not-of-isp', 422, homes, { networks: ['127.1.0.0/16', '127.2.0.0/16'] }, 'body.networks.1'],
    ['network-not-of-isp', 422, homes, { networks: ['127.1.200.0/24'] }, 'body.networks.0'],
    ['network-malformed', 400, homes, { networks: ['127.1.0.1/16'] }, 'body.networks.0'],
    ['invalid-request', 400, homes, { validUntilMs: 1 }, 'body.validUntilMs'],
    ['invalid-request', 400, homes, { maxRateBitsPerSecond: -1 }, 'body.maxRateBitsPerSecond'],
    ['invalid-request', 400, homes, { monthlyBytesTotal: 1e300 }, 'body.monthlyBytesTotal'],
    [
      'invalid-request',
      400,
      homes,
      { hours: { from: '18:00', to: '06:00', timeZone: 'Mars/North' } },
      'body.hours.timeZone',
    ],
  ] as const)('are refused with %s (%i) for %j %j', async (code, status, params, change, path?: string) => {
    const body = { ...terms(), ...change } as ReturnType<typeof terms>;
    const error = await fixture.client.putAgreement({ params, body }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code, status });
    if (path !== undefined)
      expect(error).toMatchObject({ errors: expect.arrayContaining([expect.objectContaining({ path })]) });
    expect((await fixture.client.listAgreements({ params: { isp: 'sp1' } })).agreements).toEqual([]);
  });

  it('belong to their ISP', async () => {
    const { apiKey } = await fixture.client.createIspApiKey({ params: { isp: 'sp2' } });
    const other = fixture.clientOf({ token: apiKey });
    for (const call of [
      other.putAgreement({ params: homes, body: terms() }),
      other.withdrawAgreement({ params: homes }),
      other.listAgreements({ params: { isp: 'sp1' } }),
      other.removePermitKey({ params: { isp: 'sp1', keyId: 'k1' } }),
      other.createIspApiKey({ params: { isp: 'sp2' } }),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'forbidden', status: 403 });
    }
    const own = { isp: 'sp2', id: 'homes' };
    await other.putAgreement({ params: own, body: { ...terms(), networks: ['127.2.0.0/16'] } });
    expect((await other.listAgreements({ params: { isp: 'sp2' } })).agreements).toHaveLength(1);
    await expect(fixture.client.createIspApiKey({ params: { isp: 'sp9' } })).rejects.toMatchObject({
      code: 'isp-unknown',
    });
    await expect(fixture.client.withdrawAgreement({ params: homes })).rejects.toMatchObject({
      code: 'agreement-unknown',
      status: 404,
    });
  });
});

describe('a permit through client software', () => {
  const isp = createIdentity();
  const agent = createIdentity();
  const permit = (changes: object = {}, identity: Identity = isp) => {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const claims = {
      jti: 'p1',
      iss: 'sp1',
      aud: 'coordinator',
      sub: agent.key,
      nbf: nowSeconds - 60,
      exp: nowSeconds + 3600,
      terms: { networks: ['127.1.0.0/16'] },
      ...changes,
    };
    return signToken({ claims, identity, kid: 'k1', type: tokenType.permit });
  };
  const key = { isp: 'sp1', keyId: 'k1' };
  const welcomed = async (permitToken: string, address = '127.1.0.7') => {
    const session = await openTestSession(fixture, { address, identity: agent, permitToken });
    return { session, welcome: await session.next('welcome') };
  };
  beforeEach(async () => {
    const body = { publicKey: isp.key, permitUrl: 'https://sp1.example/permit' };
    expect(await fixture.client.putPermitKey({ params: key, body })).toEqual({ ...key, ...body });
  });

  it('ends in the same record, and ends with its key', async () => {
    const { session, welcome } = await welcomed(await permit());
    expect(welcome).toMatchObject({
      permit: { id: 'sp1:p1', isp: 'sp1', agent: agent.key, source: 'client' },
      permitUrl: 'https://sp1.example/permit',
    });
    await fixture.client.removePermitKey({ params: key });
    expect(await session.next('permit')).toMatchObject({
      permit: null,
      reason: expect.stringContaining('unknown key'),
    });
    await session.close();
    await expect(fixture.client.removePermitKey({ params: key })).rejects.toMatchObject({
      code: 'permit-key-unknown',
      status: 404,
    });
  });

  it('is refused with its reason when it is forged, expired, of another ISP, agent or coordinator', async () => {
    const refusals = [
      [await permit({}, createIdentity()), 'signature'],
      [await permit({ exp: Math.floor(Date.now() / 1000) - 1 }), 'ended at'],
      [await permit({ iss: 'sp2' }), 'unknown key'],
      [await permit({ aud: 'another' }), 'another'],
      [await permit({ sub: createIdentity().key }), 'is for agent'],
      [await permit({ terms: { networks: ['127.2.0.0/16'] } }), 'not all networks of sp1'],
    ] as const;
    for (const [token, reason] of refusals) {
      const { session, welcome } = await welcomed(token);
      expect(welcome).toMatchObject({ permit: null, permitReason: expect.stringContaining(reason) });
      await session.close();
    }
    const { session, welcome } = await welcomed(await permit(), '127.2.0.7');
    expect(welcome).toMatchObject({ permit: null, permitReason: expect.stringContaining('which is in sp2') });
    await session.close();
  });
});
