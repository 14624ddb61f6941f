import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asGraph, createAllInOne } from '@fairhop/fairhop';
import { coordinatorEndpoints, createClient, createHttpClient } from '@fairhop/shared/contract';
import { choosePieceLength, createContentHasher } from '@fairhop/shared/crypto';
import { problemMediaType, problemSchema } from '@fairhop/shared/model';
import { freePorts } from '@fairhop/shared/service';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mutateJson } from '../fuzz/mutate.js';
import { createRandom, type Random } from '../fuzz/random.js';
import { type JsonSchema, valuesOf } from './fixture/schema-values.js';
import { settleMonth } from './fixture/settled-month.js';

/** `FAIRHOP_FUZZ_SEED` takes the seed that a failure names. */
const seed = Number(process.env['FAIRHOP_FUZZ_SEED'] ?? 20_261_120);
const REQUESTS = 20;

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required?: boolean;
  readonly schema: JsonSchema;
}
interface Content {
  readonly [mediaType: string]: { readonly schema?: JsonSchema };
}
interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** What a service says it cannot do now, as its README tells. */
const UNAVAILABLE: Readonly<Record<string, readonly string[]>> = {
  'get /t/{owner}/{title}': ['no-edge'],
  'post /v1/reports': ['keys-unavailable', 'overloaded'],
};

let stop: () => Promise<void>;
let urls: Readonly<Record<'coordinator' | 'accounting' | 'edge', string>>;
let tokens: readonly (string | undefined)[];
let known: Record<string, readonly unknown[]>;

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-openapi-'));
  const asGraphFile = join(directory, 'graph.json');
  writeFileSync(asGraphFile, JSON.stringify(asGraph));
  const [coordinatorPort, accountingPort, edgePort] = (await freePorts('127.0.0.1', 3)) as [
    number,
    number,
    number,
  ];
  const services = createAllInOne({
    ...{ dataDirectory: join(directory, 'data'), host: '127.0.0.1', asGraphFile, logLevel: 'silent' },
    ...{ coordinatorPort, accountingPort, edgePort },
  });
  await services.start();
  const { operatorToken } = services;
  urls = { coordinator: services.coordinatorUrl, accounting: services.accountingUrl, edge: services.edgeUrl };
  const http = createHttpClient();
  stop = async () => {
    await http.close();
    await services.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  const operator = createClient(coordinatorEndpoints, {
    http,
    baseUrl: urls.coordinator,
    token: operatorToken,
  });
  await operator.putOwner({ params: { owner: 'studio' }, body: { name: 'Studio' } });
  const bytes = Buffer.alloc(100_000, 7);
  const hasher = createContentHasher({
    sizeBytes: bytes.length,
    pieceLengthBytes: choosePieceLength(bytes.length),
  });
  hasher.update(bytes);
  const { contentId } = await operator.publish({
    params: { owner: 'studio', name: 'film.mp4' },
    body: {
      fileName: 'film.mp4',
      manifest: hasher.finish(),
      origin: { kind: 'directory', path: 'studio/film.mp4' },
    },
  });
  const { apiKey: ofOwner } = await operator.createOwnerApiKey({ params: { owner: 'studio' } });
  const { apiKey: ofIsp } = await operator.createIspApiKey({ params: { isp: 'sp1' } });
  const organisation = { kind: 'owner', id: 'studio' } as const;
  // Some of them are removed on the way.
  const several = Array.from({ length: 20 }, (_, index) => index);
  const users = await Promise.all(
    several.map((index) =>
      operator.createUser({
        body: { email: `user${index}@studio.example`, name: 'User', role: 'viewer', organisation },
      }),
    ),
  );
  const keys = await Promise.all(
    several.map(() => operator.createApiKey({ body: { name: 'key', organisation, scopes: ['read'] } })),
  );
  const settled = await settleMonth({ http, baseUrl: urls.accounting, token: operatorToken });
  tokens = [operatorToken, operatorToken, operatorToken, ofOwner, ofIsp, 'wrong', undefined];
  const links = ['link:as:64501>as:64502', 'as:64501', 'isp:sp1', 'host:x'];
  known = {
    ...{
      owner: ['studio'],
      name: ['film.mp4'],
      title: ['film.mp4'],
      isp: ['sp1', 'sp9'],
      contentId: [contentId],
    },
    ...{ id: [...settled.ids, 'homes', 'edge'], component: links, kind: ['as', 'link'] },
    ...{ budget: settled.ids, contract: settled.ids, savedQuery: settled.ids, invoice: settled.invoices },
    ...{ period: [settled.period, 'month'], one: ['sp1'], other: ['sp2'] },
    ...{ source: ['127.1.0.1', '127.9.9.9'], destination: ['127.2.0.1'], networks: [['127.1.0.0/16']] },
    ...{ userId: users.map(({ id }) => id), keyId: keys.map(({ id }) => id), organisation: [organisation] },
    ...{
      resetToken: users.slice(0, 2).map(({ reset }) => reset.resetToken),
      password: ['correct horse battery'],
    },
    ...{ email: several.map((index) => `another${index}@studio.example`) },
    ...{ asn: [64501], timeZone: ['UTC', 'Europe/London'], origin: [{ kind: 'directory', path: 'x' }] },
  };
}, 60_000);
afterAll(() => stop());

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

const text = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** A lone surrogate has no percent-encoding. */
const wellFormed = (value: string): string => Buffer.from(value).toString();

/** One request of an operation: right by its schemas, or with something wrong somewhere. */
function requestOf(
  {
    baseUrl,
    path,
    method,
    operation,
  }: { baseUrl: string; path: string; method: string; operation: Operation },
  values: Readonly<Record<string, unknown>>,
  random: Random,
): Sent {
  const isWrong = random.chance(0.4);
  const change = (value: unknown): unknown =>
    isWrong && random.chance(0.5) ? mutateJson(value, random) : value;
  let url = baseUrl + path;
  const query = new URLSearchParams();
  for (const { name, in: place, required } of operation.parameters ?? []) {
    const value = change(values[`${place} ${name}`]);
    if (place === 'path') url = url.replace(`{${name}}`, encodeURIComponent(wellFormed(text(value))));
    else if (required || random.chance(0.6)) query.set(name, text(value));
  }
  if (isWrong && random.chance(0.2)) query.set('unknown', 'x');
  const token = random.pick(tokens);
  const headers: Record<string, string> = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const search = query.size === 0 ? '' : `?${query}`;
  if (operation.requestBody === undefined) return { method, url: url + search, headers };
  headers['content-type'] =
    isWrong && random.chance(0.1) ? random.pick(['text/plain', 'a/b', '']) : 'application/json';
  const body = isWrong && random.chance(0.1) ? '{"a":' : JSON.stringify(change(values['body']));
  return { method, url: url + search, headers, body };
}

const checkers = new Map<JsonSchema, z.ZodType>();
function checkerOf(schema: JsonSchema): z.ZodType {
  const checker = checkers.get(schema) ?? z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema);
  checkers.set(schema, checker);
  return checker;
}

/** What is answered to a request that announces a body of 1 GB. */
const oversized = (url: string, method: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${tokens[0]}`,
      'content-type': 'application/json',
      'content-length': String(1_000_000_000),
    };
    const sent = request(url, { method, headers }, (response) => {
      resolve(response.statusCode ?? 0);
      sent.destroy();
    });
    sent.on('error', reject);
    sent.setTimeout(10_000, () => sent.destroy(new Error(`${method} ${url} waits for a body of 1 GB`)));
    sent.flushHeaders();
  });

/** What is wrong with an answer; undefined where it is as the document says. */
async function faultOf(
  response: Response,
  sent: string,
  name: string,
  { responses }: Operation,
): Promise<string | undefined> {
  const type = response.headers.get('content-type')?.split(';', 1)[0] ?? '';
  const answer = await response.text();
  const declared = responses[String(response.status)];
  if (declared !== undefined) {
    const schema = declared.content?.['application/json']?.schema;
    if (schema === undefined) return undefined;
    const result = checkerOf(schema).safeParse(JSON.parse(answer));
    return result.success ? undefined : `does not fit its schema: ${result.error.message.slice(0, 300)}`;
  }
  if (sent === 'HEAD' && response.status >= 400 && response.status < 500) return undefined;
  if (response.status < 400) return `has the undeclared status ${response.status}`;
  const problem = type === problemMediaType ? problemSchema.safeParse(JSON.parse(answer)) : undefined;
  if (!problem?.success) return `is ${response.status} and no problem: ${type} ${answer.slice(0, 200)}`;
  const { status, code } = problem.data;
  if (status !== response.status) return `says status ${status} in a ${response.status}`;
  if (status < 500 || (status === 503 && UNAVAILABLE[name]?.includes(code))) return undefined;
  return `is ${status} ${code}: ${problem.data.detail}`;
}

describe.each(['coordinator', 'accounting', 'edge'] as const)('the OpenAPI document of the %s', (service) => {
  it('tells what every route answers, whatever it is asked', { timeout: 120_000 }, async () => {
    const baseUrl = urls[service];
    const document = (await (await fetch(`${baseUrl}/docs/json`)).json()) as Document;
    const random = createRandom(seed);
    const faults: string[] = [];
    const answered = new Set<string>();
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const name = `${method} ${path}`;
        const schemas = fc.record({
          ...Object.fromEntries(
            (operation.parameters ?? []).map((parameter) => [
              `${parameter.in} ${parameter.name}`,
              valuesOf(parameter.schema, known, parameter.name),
            ]),
          ),
          body: valuesOf(operation.requestBody?.content['application/json']?.schema ?? {}, known),
        });
        if (operation.requestBody !== undefined) {
          const status = await oversized(baseUrl + path.replace(/\{\w+\}/g, 'x'), method.toUpperCase());
          // Strangers are turned down before their body is looked at.
          if (![401, 413].includes(status)) faults.push(`${name} answers ${status} to a body of 1 GB`);
        }
        for (const values of fc.sample(schemas, { seed, numRuns: REQUESTS })) {
          const sent = requestOf({ baseUrl, path, method: method.toUpperCase(), operation }, values, random);
          const { url, ...init } = sent;
          const response = await fetch(url, {
            ...init,
            redirect: 'manual',
            signal: AbortSignal.timeout(20_000),
          });
          if (response.status < 400) answered.add(name);
          if (!response.headers.has('x-ratelimit-limit')) faults.push(`${name} has no rate limit`);
          const fault = await faultOf(response, sent.method, name, operation);
          if (fault !== undefined && faults.length < 20)
            faults.push(`seed ${seed}, ${name} ${fault}\n  ${JSON.stringify(sent).slice(0, 600)}`);
        }
      }
    }
    expect(faults).toEqual([]);
    // A check that never gets past a refusal would check nothing.
    const routes = Object.values(document.paths).flatMap((operations) => Object.keys(operations)).length;
    expect(answered.size, [...answered].join(', ')).toBeGreaterThan(service === 'edge' ? 3 : routes * 0.6);
  });
});
