import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { FairhopError } from '../model/errors.js';
import { loadConfig, printConfig } from './config.js';

const schema = z.object({
  host: z.string().default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(8080),
  isPublic: z.boolean().default(false),
  level: z.enum(['debug', 'info']).default('info'),
  operatorToken: z.string().min(8).optional(),
  cache: z.object({ sizeBytes: z.int().min(1).default(1000), directory: z.string().default('cache') }),
  origins: z.array(z.object({ url: z.string(), apiKey: z.string().optional() })).default([]),
});

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairhop-config-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function configFile(content: unknown): string {
  const file = join(directory, 'config.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

interface Given {
  file?: string;
  env?: Record<string, string>;
  flags?: Record<string, unknown>;
}
const load = ({ file, env = {}, flags = {} }: Given = {}) =>
  loadConfig({ schema, name: 'edge-cache', env, flags, ...(file !== undefined && { file }) });

function errorsOf(given: Given): { path: string; message: string }[] {
  try {
    load(given);
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid-config', status: 400 });
    return [...((error as FairhopError).errors ?? [{ path: '', message: (error as FairhopError).message }])];
  }
  throw new Error('was accepted');
}

describe('loadConfig', () => {
  it('gives the defaults, also of objects that are left out', () => {
    const { config, entries } = load();
    expect(config).toMatchObject({ port: 8080, cache: { sizeBytes: 1000, directory: 'cache' }, origins: [] });
    expect(new Set(entries.map(({ source }) => source))).toEqual(new Set(['default']));
  });

  it('lets flags win over the environment over the file over defaults, key by key', () => {
    const file = configFile({ host: 'from-file', port: 1, cache: { sizeBytes: 1, directory: 'from-file' } });
    const env = {
      FAIRHOP_EDGE_CACHE_PORT: '2',
      FAIRHOP_EDGE_CACHE_CACHE_SIZE_BYTES: '2',
      FAIRHOP_OTHER_X: '1',
    };
    const { config, entries } = load({ file, env, flags: { 'cache.sizeBytes': '3', level: undefined } });
    expect(config).toMatchObject({
      host: 'from-file',
      port: 2,
      level: 'info',
      cache: { sizeBytes: 3, directory: 'from-file' },
    });
    const sources = Object.fromEntries(entries.map(({ path, source }) => [path, source]));
    expect(sources).toMatchObject({
      host: `file ${file}`,
      port: 'environment FAIRHOP_EDGE_CACHE_PORT',
      level: 'default',
      'cache.sizeBytes': 'flag --cache.size-bytes',
      'cache.directory': `file ${file}`,
    });
  });

  it('takes each key from the last of the places that give it', () => {
    const numbers = z.object({ one: z.int().default(-1), inner: z.object({ two: z.int().default(-2) }) });
    const place = fc.record({ one: fc.nat(), two: fc.nat() }, { requiredKeys: [] });
    fc.assert(
      fc.property(place, place, place, (inFile, inEnvironment, inFlags) => {
        const file = configFile({
          ...('one' in inFile && { one: inFile.one }),
          ...('two' in inFile && { inner: { two: inFile.two } }),
        });
        const env = {
          ...('one' in inEnvironment && { FAIRHOP_X_ONE: String(inEnvironment.one) }),
          ...('two' in inEnvironment && { FAIRHOP_X_INNER_TWO: String(inEnvironment.two) }),
        };
        const { config } = loadConfig({
          schema: numbers,
          name: 'x',
          file,
          env,
          flags: { one: inFlags.one, 'inner.two': inFlags.two },
        });
        const expected = { one: -1, two: -2, ...inFile, ...inEnvironment, ...inFlags };
        expect(config).toEqual({ one: expected.one, inner: { two: expected.two } });
      }),
    );
  });

  it('reads texts as the schema means them', () => {
    const { config } = load({
      env: {
        FAIRHOP_EDGE_CACHE_IS_PUBLIC: 'true',
        FAIRHOP_EDGE_CACHE_HOST: '12',
        FAIRHOP_EDGE_CACHE_ORIGINS: '[{"url":"http://a"}]',
        FAIRHOP_EDGE_CACHE_CACHE: '{"sizeBytes":7}',
      },
    });
    expect(config).toMatchObject({
      isPublic: true,
      host: '12',
      origins: [{ url: 'http://a' }],
      cache: { sizeBytes: 7, directory: 'cache' },
    });
  });

  it('refuses unknown keys with their path and the nearest known one', () => {
    const file = configFile({
      hots: 'x',
      cache: { sizeByte: 1 },
      origins: [{ url: 'a', apikey: 'b' }],
      zzzzzz: 1,
    });
    const errors = errorsOf({ file, env: { FAIRHOP_EDGE_CACHE_PROT: '1' }, flags: { 'cache.size': 1 } });
    expect(errors).toEqual([
      { path: 'hots', message: expect.stringContaining('did you mean host?') },
      { path: 'cache.sizeByte', message: expect.stringContaining('did you mean sizeBytes?') },
      { path: 'origins.0.apikey', message: expect.stringContaining('did you mean apiKey?') },
      { path: 'zzzzzz', message: expect.stringContaining('known are host, port') },
      {
        path: 'FAIRHOP_EDGE_CACHE_PROT',
        message: expect.stringContaining('did you mean FAIRHOP_EDGE_CACHE_PORT?'),
      },
      { path: 'cache.size', message: expect.stringContaining('flag --cache.size: no such key') },
    ]);
  });

  it('tells all that is wrong, each with path, source, value and what would be right', () => {
    const file = configFile({ cache: { sizeBytes: 0 }, operatorToken: 'short' });
    const errors = errorsOf({ file, env: { FAIRHOP_EDGE_CACHE_PORT: '80a' }, flags: { level: 'loud' } });
    const byPath = Object.fromEntries(errors.map(({ path, message }) => [path, message]));
    expect(byPath['port']).toMatch(/environment FAIRHOP_EDGE_CACHE_PORT gives "80a"; .*expected number/);
    expect(byPath['level']).toMatch(/flag --level gives "loud"; .*"debug"\|"info"/);
    expect(byPath['cache.sizeBytes']).toMatch(/config\.json gives 0; .*>=1/);
    expect(byPath['operatorToken']).toMatch(/gives a secret; .*8/);
    expect(JSON.stringify(errors)).not.toContain('"short"');
  });

  it('does not let a file reach the prototype', () => {
    expect(errorsOf({ file: configFile('{"__proto__":{"host":"x"}}') })).toMatchObject([
      { path: '__proto__' },
    ]);
  });

  it.each(['{"port":', '[]'])('refuses the file %s', (content) => {
    expect(errorsOf({ file: configFile(content) })[0]!.message).toMatch(/JSON/);
  });

  it('refuses a file that is not there', () => {
    expect(errorsOf({ file: join(directory, 'absent.json') })[0]!.message).toMatch(/absent\.json.*ENOENT/);
  });
});

describe('printConfig', () => {
  it('shows each value with its source, and no secret', () => {
    const env = {
      FAIRHOP_EDGE_CACHE_OPERATOR_TOKEN: 'very-secret',
      FAIRHOP_EDGE_CACHE_ORIGINS: '[{"url":"a","apiKey":"hidden"}]',
    };
    const text = printConfig(load({ env, flags: { port: 9 } }));
    expect(text).toContain('port = 9  # flag --port');
    expect(text).toContain('cache.sizeBytes = 1000  # default');
    expect(text).toContain('operatorToken = "(secret)"  # environment FAIRHOP_EDGE_CACHE_OPERATOR_TOKEN');
    expect(text).not.toMatch(/very-secret|hidden/);
    expect(printConfig(load())).toContain('operatorToken = (not set)  # default');
  });
});
