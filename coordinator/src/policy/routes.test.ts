import type { PolicyTerms } from '@fairhop/shared/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CoordinatorFixture, startCoordinator } from '../test-kit.js';

const MBIT = 1_000_000;
const SP1_TO_SP2 = 'link:as:64501>as:64502';
const INTO_SP2 = 'link:as:64500>as:64502';
const params = { id: 'evening' };
const terms = (changes: Partial<PolicyTerms> = {}) => ({
  component: SP1_TO_SP2,
  capacityBitsPerSecond: 2 * MBIT,
  ...changes,
});
let fixture: CoordinatorFixture;

beforeEach(async () => {
  fixture = await startCoordinator();
});
afterEach(() => fixture.stop());

const clientOfIsp = async (isp: string) => {
  const { apiKey } = await fixture.client.createIspApiKey({ params: { isp } });
  return fixture.clientOf({ token: apiKey });
};

describe('policies', () => {
  it('are set and changed with their history, and are in force again after a restart', async () => {
    const hours = { from: '18:00', to: '24:00', timeZone: 'Europe/London' };
    const scope = { kind: 'owner', owner: 'studio' } as const;
    const set = await fixture.client.putPolicy({ params, body: terms({ hours, scope }) });
    expect(set).toMatchObject({ ...params, hours, scope, releasePercent: 90, setBy: 'operator' });
    await fixture.client.putPolicy({ params, body: terms({ capacityBitsPerSecond: 5 * MBIT }) });
    fixture = await fixture.restart();
    const { policies } = await fixture.client.listPolicies({});
    expect(policies).toMatchObject([
      { ...params, capacityBitsPerSecond: 5 * MBIT, scope: { kind: 'all' }, grants: 0, booked: null },
    ]);
    expect(policies[0]).not.toHaveProperty('hours');
    await fixture.client.removePolicy({ params });
    await expect(fixture.client.getPolicy({ params })).rejects.toMatchObject({
      code: 'policy-unknown',
      status: 404,
    });
    await fixture.client.putPolicy({ params, body: terms() });
    const { history } = await fixture.client.getPolicy({ params });
    expect(history.map(({ what, by }) => [what, by])).toEqual([
      ['set', 'operator'],
      ['removed', 'operator'],
      ['set', 'operator'],
      ['set', 'operator'],
    ]);
    expect(history[3]!.text).toContain('owner studio, 18:00-24:00 Europe/London');
  });

  it.each([
    ['component-unknown', 422, { component: 'as:65000' }],
    ['component-unknown', 422, { component: 'link:as:64496>as:64501' }],
    ['component-unknown', 422, { component: 'isp:sp9' }],
    ['component-unknown', 422, { component: 'ixp:nowhere' }],
    ['component-unverifiable', 503, { component: 'router:core.sp1.example' }],
    ['invalid-request', 400, { component: 'place:gb' }],
    ['invalid-request', 400, { capacityBitsPerSecond: 0 }],
    ['invalid-request', 400, { hours: { from: '18:00', to: '24:00', timeZone: 'Europe/Atlantis' } }],
    ['invalid-request', 400, { hours: { from: '18:00', to: '25:00', timeZone: 'UTC' } }],
    ['invalid-request', 400, { releasePercent: 100 }],
  ])('refuse with %s (%i) %j', async (code, status, changes) => {
    const refused = fixture.client.putPolicy({ params, body: terms(changes) });
    await expect(refused).rejects.toMatchObject({ code, status });
    expect(await fixture.client.listPolicies({})).toEqual({ policies: [] });
  });

  it('are set by ISPs on their own networks and the links into and out of them, and on nothing else', async () => {
    const [sp1, sp2, cdn] = [await clientOfIsp('sp1'), await clientOfIsp('sp2'), await clientOfIsp('cdn')];
    for (const component of [SP1_TO_SP2, 'link:as:64502>as:64501', 'as:64501', 'isp:sp1']) {
      const set = await sp1.putPolicy({ params, body: terms({ component }) });
      expect(set).toMatchObject({ component, setBy: 'isp:sp1' });
    }
    for (const component of [INTO_SP2, 'as:64502', 'isp:sp2', 'peering:as:64500>as:64502/lon-1']) {
      const foreign = sp1.putPolicy({ params, body: terms({ component }) });
      await expect(foreign).rejects.toMatchObject({ code: 'component-not-of-isp', status: 403 });
    }
    await sp1.putPolicy({ params, body: terms() });
    // It is on SP2's border, so SP2 sees it; it is SP1's, so SP2 does not change it.
    expect((await sp2.listPolicies({})).policies).toMatchObject([{ ...params, setBy: 'isp:sp1' }]);
    await expect(sp2.removePolicy({ params })).rejects.toMatchObject({
      code: 'policy-of-other',
      status: 403,
    });
    await expect(sp2.putPolicy({ params, body: terms() })).rejects.toMatchObject({ code: 'policy-of-other' });
    expect((await cdn.listPolicies({})).policies).toEqual([]);
    await expect(cdn.getPolicy({ params })).rejects.toMatchObject({ code: 'policy-unknown', status: 404 });
    await expect(fixture.clientOf({}).listPolicies({})).rejects.toMatchObject({ status: 401 });
    await expect(sp1.feedPolicies({ body: { loads: [], ways: [], components: [] } })).rejects.toMatchObject({
      status: 403,
    });
    await fixture.client.putPolicy({ params, body: terms({ capacityBitsPerSecond: 9 * MBIT }) });
    expect(await sp1.removePolicy({ params })).toMatchObject({
      setBy: 'isp:sp1',
      capacityBitsPerSecond: 9 * MBIT,
    });
  });

  it('tell an ISP nothing of what others agreed with owners, nor of a policy that had the name before', async () => {
    const [sp1, sp2] = [await clientOfIsp('sp1'), await clientOfIsp('sp2')];
    const scope = { kind: 'title', title: 'studio/unannounced' } as const;
    await sp1.putPolicy({ params, body: terms({ scope }) });
    expect((await sp2.listPolicies({})).policies).toEqual([]);
    await expect(sp2.getPolicy({ params })).rejects.toMatchObject({ code: 'policy-unknown' });
    expect((await sp1.getPolicy({ params })).scope).toEqual(scope);
    await sp1.removePolicy({ params });
    await sp2.putPolicy({ params, body: terms() });
    const { history } = await sp2.getPolicy({ params });
    expect(history.map(({ by }) => by.split(' ')[0])).toEqual(['isp:sp2']);
    expect((await fixture.client.getPolicy({ params })).history).toHaveLength(3);
    // Nor of what the operator's was about before it concerned the ISP.
    const other = { id: 'other' };
    await fixture.client.putPolicy({ params: other, body: terms({ scope }) });
    await fixture.client.putPolicy({ params: other, body: terms() });
    expect(JSON.stringify(await sp2.getPolicy({ params: other }))).not.toContain('unannounced');
  });

  it('on what only accounting knows wait for its word of whose it is', async () => {
    const sp1 = await clientOfIsp('sp1');
    const feed = async (components: { id: string; known: boolean; owner: string | null }[] = []) =>
      fixture.client.feedPolicies({ body: { loads: [], ways: [], components } });
    // Accounting is there.
    await feed();
    const answer = async (fact: { known: boolean; owner: string | null }): Promise<void> => {
      let wanted: string[] = [];
      while (wanted.length === 0) ({ components: wanted } = await feed());
      await feed(wanted.map((id) => ({ id, ...fact })));
    };
    const put = (name: string) => sp1.putPolicy({ params, body: terms({ component: `router:${name}` }) });
    const [own] = await Promise.all([put('core.sp1.example'), answer({ known: true, owner: 'sp1' })]);
    expect(own).toMatchObject({ component: 'router:core.sp1.example' });
    const refused = { code: 'component-not-of-isp' };
    await Promise.all([
      expect(put('core.sp2.example')).rejects.toMatchObject(refused),
      answer({ known: true, owner: 'sp2' }),
    ]);
    await Promise.all([
      expect(put('core.sp3.example')).rejects.toMatchObject(refused),
      answer({ known: false, owner: null }),
    ]);
  });
});
