import type { PathElement } from '@fairhop/shared/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batch, event, eventsMessage, pathOf, START_MS, spOf, uuid } from '../ledger/test-support.js';
import { sp1Topology, startTestNetworks, type TestNetworks } from './fixture.js';
import { relationsOn } from './path-relations.js';

const seen = (component: string, billable = false): PathElement => ({
  component,
  source: billable ? 'declared' : 'traceroute',
  confidence: 80,
  billable,
});
const link = 'link:as:64501>as:64502';
const peering = 'peering:as:64501>as:64502/to-sp2';
const detailed = pathOf([64501, 64502], spOf, {
  'as:64501': [seen('router:core1.sp1.example', true), seen('router:unknown.sp1.example')],
  [link]: [seen(peering, true), seen('ixp:xlan')],
  'as:64502': [seen('router:edge.sp2.example')],
  end: [seen('place:us/ca/sanjose')],
});

let test: TestNetworks;
beforeAll(async () => {
  test = await startTestNetworks();
  await test.client.putTopology({ params: { isp: 'sp1' }, query: {}, body: sp1Topology });
  const events = [
    event({
      transferId: uuid(1),
      bytes: 100,
      path: detailed,
      startMs: START_MS + 1_000,
      endMs: START_MS + 9_000,
    }),
    event({ transferId: uuid(2), bytes: 30 }),
    event({ transferId: uuid(3), bytes: 5, path: null, sourceAs: null, sourceIsp: null }),
    event({ transferId: uuid(4), bytes: 2, path: pathOf([64502], spOf), source: 'host:elsewhere' }),
  ];
  test.ledger.book(batch(events.map((one, index) => eventsMessage(index + 1, one))));
});
afterAll(() => test.stop());
const show = (component: string) => test.client.getComponent({ params: { component } });
const records = async (component: string, query: { afterId?: number; limit?: number } = {}) =>
  (await test.client.listComponentRecords({ params: { component }, query })).records;

describe('a component', () => {
  it('shows what it carried, and how much of that may be billed', async () => {
    const sums = async (component: string) => {
      const { bytes, billableBytes, events, paths } = await show(component);
      return [bytes, billableBytes, events, paths];
    };
    expect(await sums('as:64502')).toEqual([132, 132, 3, 3]);
    expect(await sums(link)).toEqual([130, 130, 2, 2]);
    expect(await sums(peering)).toEqual([100, 100, 1, 1]);
    expect(await sums('router:unknown.sp1.example')).toEqual([100, 0, 1, 1]);
    expect(await sums('place:us/ca/sanjose')).toEqual([100, 0, 1, 1]);
    expect(await sums('as:64510')).toEqual([0, 0, 0, 0]);
    expect(await sums('host:uploader')).toEqual([135, 0, 3, 2]);
    expect(await sums('host:downloader')).toEqual([137, 0, 4, 3]);
  });

  it('shows its parts and wholes, from paths and from declarations', async () => {
    expect(await show('as:64501')).toMatchObject({
      kind: 'as',
      parts: [
        'internal:core1.sp1.example>sw1.sp1.example',
        'internal:sw1.sp1.example>core1.sp1.example',
        'router:core1.sp1.example',
        'router:unknown.sp1.example',
        'switch:sw1.sp1.example',
      ],
      partOf: ['isp:sp1'],
    });
    expect(await show('as:64502')).toMatchObject({ parts: ['router:edge.sp2.example'] });
    expect(await show(link)).toMatchObject({ parts: [peering], partOf: [] });
    expect(await show(peering)).toMatchObject({
      partOf: ['ixp:xlan', link],
      place: 'us/ca/sanjose',
      capacityBitsPerSecond: 1_000_000_000,
    });
    expect(await show('ixp:xlan')).toMatchObject({
      parts: [peering, 'peering:as:64502>as:64501/to-sp2'],
      partOf: ['place:us/ca/sanjose'],
      place: 'us/ca/sanjose',
    });
    expect(await show('router:Core1.sp1.example')).toMatchObject({
      id: 'router:core1.sp1.example',
      partOf: ['as:64501', 'place:us/ca/sanjose'],
      place: 'us/ca/sanjose',
    });
    expect(await show('router:edge.sp2.example')).toMatchObject({ partOf: ['as:64502'], owners: [] });
    expect(await show('place:us/ca')).toMatchObject({
      parts: ['router:core1.sp1.example', 'switch:sw1.sp1.example'],
      partOf: ['place:us'],
    });
    expect(await show('isp:sp1')).toMatchObject({ parts: ['as:64501'] });
    expect(await show('internal:core1.sp1.example>sw1.sp1.example')).toMatchObject({
      partOf: ['as:64501'],
      capacityBitsPerSecond: 10_000_000_000,
    });
  });

  it('that is a place carried what went to all that lies in it', async () => {
    expect(await show('place:us')).toMatchObject({ bytes: 100, billableBytes: 0, events: 1, paths: 1 });
    expect(await show('place:us/ca')).toMatchObject({ bytes: 100, events: 1 });
    expect((await records('place:us')).map(({ eventId }) => eventId)).toEqual([1]);
    await expect(show('place:us/c')).rejects.toMatchObject({ code: 'component-unknown' });
  });

  it('that nobody knows is told as such', async () => {
    const unknown = ['as:65000', 'link:as:64510>as:64501', 'peering:as:64501>as:64502/none'];
    for (const component of [...unknown, 'router:nowhere', 'ixp:none', 'host:nobody', 'isp:none', 'place:zz'])
      await expect(show(component)).rejects.toMatchObject({ code: 'component-unknown', status: 404 });
    await expect(show('nonsense')).rejects.toMatchObject({ code: 'invalid-request' });
  });

  it('may have a name as long as there are', async () => {
    const component = `peering:as:64501>as:64502/${'x'.repeat(250)}`;
    await test.client.putComponentOwner({ params: { component }, body: { owner: 'sp1' } });
    expect((await show(component)).owners).toMatchObject([{ owner: 'sp1', basis: 'declared' }]);
  });
});

describe('components that carried bytes', () => {
  it('are listed by id, in pages, of one kind or of all', async () => {
    const list = async (query: object) => (await test.client.listComponents({ query })).components;
    expect(await list({ kind: 'as' })).toEqual([
      { id: 'as:64501', kind: 'as', bytes: 130 },
      { id: 'as:64502', kind: 'as', bytes: 132 },
    ]);
    expect(await list({ kind: 'host' })).toEqual([
      { id: 'host:downloader', kind: 'host', bytes: 137 },
      { id: 'host:elsewhere', kind: 'host', bytes: 2 },
      { id: 'host:uploader', kind: 'host', bytes: 135 },
    ]);
    const all = await list({});
    const paged: unknown[] = [];
    for (
      let page = await list({ limit: 4 });
      page.length > 0;
      page = await list({ limit: 4, after: page.at(-1)!.id })
    )
      paged.push(...page);
    expect(paged).toEqual(all);
    expect(all.map(({ id }) => id)).toContain(peering);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });
});

describe('component records', () => {
  it('are one for each row and component on its path, hosts included', async () => {
    for (const { component } of detailed.elements)
      expect((await records(component)).filter(({ path }) => path === detailed.id)).toEqual([
        {
          eventId: 1,
          component,
          path: detailed.id,
          owner: 'moviestudio',
          bytes: 100,
          startMs: START_MS + 1_000,
          endMs: START_MS + 9_000,
          title: 'moviestudio/film.mp4',
        },
      ]);
    expect((await records('host:uploader')).map(({ eventId, path }) => [eventId, path === null])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
    expect(await records('as:64500')).toEqual([]);
  });

  it('come in pages in booking order', async () => {
    const first = await records('as:64502', { limit: 2 });
    expect(first.map(({ eventId }) => eventId)).toEqual([1, 2]);
    const rest = await records('as:64502', { limit: 2, afterId: 2 });
    expect(rest.map(({ bytes }) => bytes)).toEqual([2]);
  });
});

describe('relationsOn', () => {
  const path = [
    'as:1',
    'router:a',
    'link:as:1>as:2',
    'as:2',
    'switch:b',
    'internal:b>c',
    'router:c',
    'isp:x',
  ];
  it('reads what is inside what from the order', () => {
    expect(relationsOn(path, 'as:1')).toEqual({ parts: ['router:a'], partOf: [] });
    expect(relationsOn(path, 'as:2').parts).toEqual(['switch:b', 'internal:b>c', 'router:c']);
    expect(relationsOn(path, 'router:c').partOf).toEqual(['as:2']);
    expect(relationsOn(path, 'link:as:1>as:2')).toEqual({ parts: [], partOf: [] });
    expect(relationsOn(path, 'as:9')).toEqual({ parts: [], partOf: [] });
  });
});
