import { afterEach, expect, it, vi } from 'vitest';
import { loadAgentConfig } from './options.js';

afterEach(() => vi.unstubAllEnvs());

it.each([
  [{ bind: 'nonsense' }, /flag --bind gives "nonsense"; must be an IPv4 or IPv6 address/],
  [{ coordinator: 'nonsense' }, /flag --coordinator gives "nonsense"; must be an http or https URL/],
  [{ hours: '25:00-06:00' }, /flag --hours gives "25:00"; must be HH:MM/],
  [{ hours: '22:00-06:00', timeZone: 'Mars' }, /flag --time-zone gives "Mars"; must be an IANA time zone/],
  [{ hours: 'always' }, /--hours always is no span; HH:MM-HH:MM/],
])('refuses %j by the name of the option', (options, message) => {
  expect(() => loadAgentConfig({ logLevel: 'warn', ...options })).toThrow(message);
});

it('turns traceroutes off only where that is said', () => {
  const enabled = (options: object): boolean =>
    loadAgentConfig({ logLevel: 'warn', ...options }).config.tracing.enabled;
  // Commander gives true for a --no-… option that was not given.
  expect(enabled({ traceroute: true })).toBe(true);
  expect(enabled({ traceroute: false })).toBe(false);
  vi.stubEnv('FAIRHOP_AGENT_TRACING_ENABLED', 'false');
  expect(enabled({ traceroute: true })).toBe(false);
});

it('takes STUN servers and no others', () => {
  const servers = (value: string): readonly string[] => {
    vi.stubEnv('FAIRHOP_AGENT_ICE_SERVERS', JSON.stringify([value]));
    return loadAgentConfig({ logLevel: 'warn' }).config.iceServers;
  };
  expect(servers('stun:192.0.2.1:3478')).toEqual(['stun:192.0.2.1:3478']);
  expect(servers('stun:[2001:db8::1]')).toHaveLength(1);
  for (const other of ['turn:192.0.2.1:3478', 'stuns:192.0.2.1', 'stun:']) {
    expect(() => servers(other)).toThrow(/must be stun:host:port/);
  }
});

it('tells where the data directory and the coordinator are from', () => {
  vi.stubEnv('XDG_DATA_HOME', '/data');
  const sourceOf = (options: object, reference?: string): Record<string, string> => {
    const { entries } = loadAgentConfig({ logLevel: 'warn', ...options }, reference);
    return Object.fromEntries(entries.map(({ path, source }) => [path, source]));
  };
  expect(sourceOf({})).toMatchObject({ dataDirectory: 'default', coordinatorUrl: 'default' });
  expect(sourceOf({ dataDir: 'here' }, 'http://127.0.0.1:4601/t/o/n')).toMatchObject({
    dataDirectory: 'flag --data-dir',
    coordinatorUrl: 'flag --coordinator (by the landing URL)',
  });
  vi.stubEnv('FAIRHOP_AGENT_DATA_DIRECTORY', '/elsewhere');
  expect(loadAgentConfig({ logLevel: 'warn' }).config.dataDirectory).toBe('/elsewhere');
});
