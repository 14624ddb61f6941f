import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FairhopError } from '@fairhop/shared/model';
import { createLog, createManualClock, type ManualClock } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCoordinatorDatabase } from '../database.js';
import { altoMapsOf } from '../selection/fixture.js';
import { type AltoMaps, createAltoMaps, MAX_AGE_MS } from './alto-maps.js';
import { type AltoRefresh, createAltoRefresh } from './alto-refresh.js';
import { createAltoStore } from './alto-store.js';

const log = createLog({ name: 'test', level: 'silent' });
const prefixes = { home: ['127.1.0.0/16'], rest: ['0.0.0.0/0'] };
const versionOf = (tag: string) =>
  altoMapsOf(['home', 'rest'], { rest: { home: tag.length }, home: { home: 1 } }, prefixes, tag);

let directory: string;
let database: Database;
let clock: ManualClock;
let maps: AltoMaps;
let refresh: AltoRefresh;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairhop-alto-'));
  database = openCoordinatorDatabase(join(directory, 'coordinator.db'));
  clock = createManualClock(1_000_000_000_000);
  maps = createAltoMaps(createAltoStore(database), { clock, log });
  refresh = createAltoRefresh({ altoPrivateAddresses: true }, { maps, clock, log });
});
afterEach(async () => {
  await refresh.stop();
  database.close();
  await rm(directory, { recursive: true, force: true });
});

/** The maps that a coordinator has that starts on the same database. */
const restarted = (): AltoMaps => createAltoMaps(createAltoStore(database), { clock, log });

const given = (tag: string) => {
  const { networkMap, costMap } = versionOf(tag);
  return { networkMap: { content: networkMap }, costMap: { content: costMap } };
};

describe('maps that ISPs give', () => {
  it('count at once, in place of those before, and over a restart, until they are removed', () => {
    let changes = 0;
    maps.onChange(() => {
      changes += 1;
    });
    expect(maps.pidsOf('127.1.0.7')).toEqual(new Map());
    maps.put({ isp: 'sp1' }, given('a'));
    maps.put({ isp: 'sp2' }, given('b'));
    const before = maps.maps();
    maps.put({ isp: 'sp1' }, given('aaa'));
    expect(maps.maps()).not.toBe(before);
    expect(maps.maps().get('sp1')?.cost('rest', 'home')).toBe(3);
    expect(maps.pidsOf('127.1.0.7')).toEqual(
      new Map([
        ['sp1', 'home'],
        ['sp2', 'home'],
      ]),
    );
    expect(changes).toBe(3);
    clock.advance(2 * MAX_AGE_MS);
    expect(restarted().maps().get('sp1')?.tag).toBe('aaa');
    maps.remove('sp1');
    expect(changes).toBe(4);
    expect([...maps.maps().keys()]).toEqual(['sp2']);
    expect([...restarted().maps().keys()]).toEqual(['sp2']);
    expect(() => maps.remove('sp1')).toThrow(expect.objectContaining({ code: 'alto-unknown', status: 404 }));
  });

  it('are refused when they do not fit together, and those before stay', () => {
    maps.put({ isp: 'sp1' }, given('a'));
    const wrong = { networkMap: given('b').networkMap, costMap: given('a').costMap };
    expect(() => maps.put({ isp: 'sp1' }, wrong)).toThrow(
      expect.objectContaining({ code: 'alto-vtag-mismatch' }),
    );
    expect(maps.maps().get('sp1')?.tag).toBe('a');
    expect(restarted().maps().get('sp1')?.tag).toBe('a');
  });

  it('are bounded in number', () => {
    for (let number = 0; number < 100; number += 1) maps.put({ isp: `sp${number}` }, given('a'));
    expect(() => maps.put({ isp: 'one-more' }, given('a'))).toThrow(
      expect.objectContaining({ code: 'too-many-alto-maps', status: 409 }),
    );
    maps.put({ isp: 'sp7' }, given('b'));
  });
});

describe('maps from a URL', () => {
  let server: Server;
  let base: string;
  let tag: string;
  let requests: { path: string; isConditional: boolean }[];
  /** In place of the usual answers. */
  let answer: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;

  const bodyOf = (path: string): unknown => {
    const { networkMap, costMap } = versionOf(tag);
    if (path === '/network') return networkMap;
    if (path === '/cost') return costMap;
    return {
      meta: {
        'cost-types': { costs: { 'cost-mode': 'numerical', 'cost-metric': 'routingcost' } },
        'default-alto-network-map': 'network',
      },
      resources: {
        network: { uri: 'network', 'media-type': 'application/alto-networkmap+json' },
        cost: {
          uri: 'cost',
          'media-type': 'application/alto-costmap+json',
          capabilities: { 'cost-type-names': ['costs'] },
          uses: ['network'],
        },
      },
    };
  };

  beforeEach(async () => {
    tag = 'a';
    requests = [];
    answer = undefined;
    server = createServer((request, response) => {
      const path = request.url ?? '';
      const condition = request.headers['if-none-match'];
      requests.push({ path, isConditional: condition !== undefined });
      if (answer) return answer(request, response);
      response.setHeader('cache-control', 'max-age=120');
      response.setHeader('etag', `"${tag}"`);
      if (condition === `"${tag}"`) response.writeHead(304).end();
      else response.end(JSON.stringify(bodyOf(path)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const urlOf = (path: string) => ({ isp: 'sp1', url: `${base}${path}` });

  it('are found by the directory, fetched again when they are due, and only where they changed', async () => {
    await refresh.follow(urlOf('/directory'));
    expect(maps.maps().get('sp1')?.tag).toBe('a');
    requests = [];
    clock.advance(119_000);
    await refresh.check();
    expect(requests).toEqual([]);
    clock.advance(2_000);
    const before = maps.maps();
    await refresh.check();
    expect(requests).toEqual([
      { path: '/directory', isConditional: false },
      { path: '/network', isConditional: true },
      { path: '/cost', isConditional: true },
    ]);
    expect(maps.maps()).toBe(before);
    expect(maps.state('sp1').confirmedMs).toBe(clock.nowMs());
    tag = 'bb';
    clock.advance(121_000);
    await refresh.check();
    expect(maps.maps().get('sp1')).toMatchObject({ tag: 'bb' });
    expect(maps.maps().get('sp1')?.cost('rest', 'home')).toBe(2);
    expect(restarted().maps().get('sp1')?.tag).toBe('bb');
  });

  it('are taken from two URLs, with the conditions of before a restart', async () => {
    await expect(refresh.follow(urlOf('/network'))).rejects.toMatchObject({ code: 'alto-cost-map-missing' });
    await refresh.follow({ ...urlOf('/network'), costMapUrl: `${base}/cost` });
    const later = restarted();
    const laterRefresh = createAltoRefresh({ altoPrivateAddresses: true }, { maps: later, clock, log });
    requests = [];
    await laterRefresh.check();
    await laterRefresh.stop();
    expect(requests).toEqual([
      { path: '/network', isConditional: true },
      { path: '/cost', isConditional: true },
    ]);
    expect(later.maps().get('sp1')?.tag).toBe('a');
  });

  it('are not asked for at addresses that are not public, and nobody learns what is there', async () => {
    const careful = createAltoRefresh({ altoPrivateAddresses: false }, { maps, clock, log });
    const { port } = new URL(base);
    const hosts = ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '169.254.169.254'];
    const told = new Set<string>();
    // Something listens at one port and nothing at the other.
    for (const url of [...hosts.map((host) => `http://${host}:${port}/directory`), 'http://127.0.0.1:1/']) {
      const error: FairhopError = await careful.follow({ isp: 'sp1', url }).then(
        () => expect.fail(`${url} was fetched`),
        (reason: FairhopError) => reason,
      );
      expect(error).toMatchObject({ code: 'alto-unreachable', status: 422 });
      told.add(error.message.replace(url, ''));
    }
    await careful.stop();
    expect(requests).toEqual([]);
    expect(told.size).toBe(1);
  });

  it.each([
    [
      'alto-refused',
      (_request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(302, { location: '/elsewhere' }).end();
      },
    ],
    [
      'alto-too-large',
      (_request: IncomingMessage, response: ServerResponse) => {
        response.end('"'.padEnd(9 * 1024 * 1024, 'x'));
      },
    ],
    [
      'alto-malformed',
      (_request: IncomingMessage, response: ServerResponse) => {
        response.end('<html>');
      },
    ],
    [
      'alto-malformed',
      (_request: IncomingMessage, response: ServerResponse) => {
        response.end('{"resources":{"network":1}}');
      },
    ],
    [
      'alto-unreachable',
      (request: IncomingMessage) => {
        request.socket.destroy();
      },
    ],
  ])('stay as they were and tell %s while the server is not right', async (code, wrong) => {
    await refresh.follow(urlOf('/directory'));
    const map = maps.maps().get('sp1');
    answer = wrong;
    clock.advance(121_000);
    await refresh.check();
    expect(maps.maps().get('sp1')).toBe(map);
    expect(maps.state('sp1')).toMatchObject({
      isInForce: true,
      failure: { code, timeMs: clock.nowMs(), message: expect.stringContaining(base) },
    });
    await expect(refresh.follow({ ...urlOf('/directory'), isp: 'sp2' })).rejects.toMatchObject({ code });
    expect(maps.states()).toHaveLength(1);
    // Not at once again, and then it is right.
    requests = [];
    await refresh.check();
    expect(requests).toEqual([]);
    answer = undefined;
    clock.advance(31_000);
    await refresh.check();
    expect(maps.state('sp1').failure).toBeUndefined();
  });

  it('count no more when nobody confirmed them for a day, and again when somebody does', async () => {
    await refresh.follow(urlOf('/directory'));
    answer = (_request, response) => {
      response.writeHead(503).end();
    };
    clock.advance(MAX_AGE_MS);
    await refresh.check();
    expect(maps.maps().size).toBe(1);
    clock.advance(1);
    await refresh.check();
    expect(maps.maps().size).toBe(0);
    expect(maps.state('sp1')).toMatchObject({ isInForce: false, failure: { code: 'alto-refused' } });
    answer = undefined;
    clock.advance(3_600_000);
    await refresh.check();
    expect(maps.maps().get('sp1')?.tag).toBe('a');
  });

  it('yield to maps that the ISP gives while they are fetched', async () => {
    await refresh.follow(urlOf('/directory'));
    tag = 'bb';
    answer = (request, response) => {
      maps.put({ isp: 'sp1' }, given('own'));
      response.end(JSON.stringify(bodyOf(request.url ?? '')));
    };
    clock.advance(121_000);
    await refresh.check();
    expect(maps.state('sp1')).toMatchObject({ source: { isp: 'sp1' }, map: { tag: 'own' } });
    requests = [];
    clock.advance(MAX_AGE_MS);
    await refresh.check();
    expect(requests).toEqual([]);
  });
});
