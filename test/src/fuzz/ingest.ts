import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { accountingConfigSchema, createAccountingService } from '@fairhop/accounting';
import { asGraph } from '@fairhop/fairhop';
import { accountingEndpoints, REPORT_SIGNATURE_HEADER } from '@fairhop/shared/contract';
import { createIdentity, type Identity, reportBytes, signToken } from '@fairhop/shared/crypto';
import { problemMediaType, tokenType } from '@fairhop/shared/model';
import { createLog } from '@fairhop/shared/service';
import fc from 'fast-check';
import { brokenJson, mutateBytes, mutateJson } from './mutate.js';
import { createRandom, type Random } from './random.js';
import { COORDINATOR, recordsOf } from './report-records.js';
import { type FuzzTarget, isCode, type Tally } from './target.js';

/** Of one batch that is right but for its records. */
const RECORDS = 1_000;
/** Requests of a round that are wrong as a whole. */
const WRONG_REQUESTS = 100;

interface Post {
  readonly body: Uint8Array;
  readonly headers: Record<string, string>;
}

const WRONGS = [
  ...(['text', 'text', 'bytes', 'shape', 'shape', 'shape', 'shape'] as const),
  ...(['packing', 'type', 'signature', 'token'] as const),
];
const WRONG_TYPES = ['application/x-ndjson', 'text/plain', 'application/octet-stream', ''];

/** Wrong in itself or in one of its messages, not in what a message's record says. */
function mutateShape(batch: { readonly messages: readonly unknown[] }, random: Random): unknown {
  if (random.chance(0.5)) return mutateJson({ ...batch, messages: [] }, random);
  const at = random.below(batch.messages.length);
  const { sequence } = batch.messages[at] as { sequence: number };
  const wrong = random.pick([
    { sequence },
    { sequence: mutateJson('0', random), record: null },
    null,
    sequence,
    [],
  ]);
  return { ...batch, messages: batch.messages.with(at, wrong) };
}

/** A batch that is wrong as a whole: its bytes, its shape, its signature, its token or its encoding. */
function wrongPost(
  right: { head: object; messages: readonly unknown[] },
  signer: Identity,
  token: string,
  random: Random,
): Post {
  const batch = { ...right.head, messages: right.messages };
  const text = JSON.stringify(batch);
  const kind = random.pick(WRONGS);
  const isPacked = kind === 'packing';
  const body = Buffer.from(
    kind === 'text'
      ? brokenJson(text.slice(0, 4_000), random)
      : kind === 'bytes'
        ? mutateBytes(Buffer.from(text), random)
        : kind === 'shape'
          ? (JSON.stringify(mutateShape(batch, random)) ?? '')
          : isPacked
            ? mutateBytes(gzipSync(text), random)
            : text,
  );
  const signed = kind === 'signature' ? random.bytes(64) : signer.sign(reportBytes(body));
  return {
    body,
    headers: {
      'content-type': kind === 'type' ? random.pick(WRONG_TYPES) : 'application/json',
      authorization: `Bearer ${kind === 'token' ? `${token.slice(0, -4)}AAAA` : token}`,
      [REPORT_SIGNATURE_HEADER]: Buffer.from(signed).toString('base64url'),
      ...(isPacked && { 'content-encoding': 'gzip' }),
    },
  };
}

/** Keys that would change what objects are: with them a body is refused as a whole, so that a batch of records has none. */
const isReadable = (record: unknown): boolean =>
  record !== undefined && !/"(__proto__|constructor)"/.test(JSON.stringify(record) ?? '');

type What = 'records' | 'batches';

/** `POST /v1/reports` of the real service: batches that are wrong as a whole, or each of the records in one that is right. */
const ingestOf = (what: What, sharePercent: number): FuzzTarget => ({
  name: `report-${what}`,
  sharePercent,
  async open() {
    const directory = await mkdtemp(join(tmpdir(), 'fairhop-fuzz-ingest-'));
    const asGraphFile = join(directory, 'as-graph.json');
    await writeFile(asGraphFile, JSON.stringify(asGraph));
    const [issuer, agent] = [createIdentity(), createIdentity()];
    const config = accountingConfigSchema.parse({
      port: 0,
      dataDirectory: join(directory, 'data'),
      asGraphFile,
      coordinatorId: COORDINATOR,
      useBundledAsnDataset: false,
      requestsPerMinute: 1_000_000,
    });
    const service = createAccountingService(config, {
      log: createLog({ name: 'accounting', level: 'silent' }),
      keyOf: async (kid) => (kid === issuer.key ? issuer.key : undefined),
    });
    await service.start();
    const nowS = Math.floor(Date.now() / 1000);
    const token = await signToken({
      claims: {
        iss: COORDINATOR,
        aud: 'accounting',
        iat: nowS,
        exp: nowS + 86_400,
        role: 'agent',
        sub: agent.key,
      },
      identity: issuer,
      kid: issuer.key,
      type: tokenType.access,
    });
    const right = await recordsOf(issuer, agent);
    const incarnation = randomUUID();
    let sequence = 0;

    const send = async ({
      body,
      headers,
    }: Post): Promise<{ status: number; type: string; answer: unknown }> => {
      const response = await fetch(service.url + accountingEndpoints.report.path, {
        method: 'POST',
        headers,
        body: Buffer.from(body),
        signal: AbortSignal.timeout(60_000),
      });
      const text = await response.text();
      const type = response.headers.get('content-type') ?? '';
      try {
        return { status: response.status, type, answer: JSON.parse(text) };
      } catch {
        return { status: response.status, type, answer: text };
      }
    };
    const postRecords = async (records: unknown[], tally: Tally): Promise<void> => {
      const messages = records.map((record) => ({ sequence: sequence++, record }));
      const body = Buffer.from(JSON.stringify({ reporter: agent.key, incarnation, messages }));
      const signature = Buffer.from(agent.sign(reportBytes(body))).toString('base64url');
      const { status, answer } = await send({
        body,
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${token}`,
          [REPORT_SIGNATURE_HEADER]: signature,
        },
      });
      const told = accountingEndpoints.report.response.safeParse(answer);
      if (status !== 200 || !told.success) {
        tally.crashed(new Error(`a batch of records was answered ${status}`), answer);
        return;
      }
      for (const { code } of told.data.rejected) tally.refused(isCode(code) ? code : undefined);
      tally.accepted(told.data.accepted + told.data.duplicates);
    };
    const postWrong = async (post: Post, tally: Tally): Promise<void> => {
      const { status, type, answer } = await send(post);
      const code =
        typeof answer === 'object' && answer !== null && 'code' in answer ? answer.code : undefined;
      if (status === 200) tally.accepted();
      else if (status >= 500) tally.crashed(new Error(`answered ${status}`), answer);
      else tally.refused(type.startsWith(problemMediaType) && isCode(code) ? code : undefined);
    };
    const rounds: Record<What, (seed: number, tally: Tally) => Promise<void>> = {
      async records(seed, tally) {
        const random = createRandom(seed);
        const strange = fc.sample(fc.jsonValue({ maxDepth: 3 }), { seed, numRuns: 60 });
        const records = Array.from({ length: RECORDS }, () =>
          random.chance(0.1) ? random.pick(strange) : mutateJson(random.pick(right), random, strange),
        );
        await postRecords(records.filter(isReadable), tally);
      },
      async batches(seed, tally) {
        const random = createRandom(seed);
        const head = { reporter: agent.key, incarnation };
        for (let index = 0; index < WRONG_REQUESTS; index += 1) {
          const messages = [{ sequence, record: random.pick(right) }];
          sequence += 1;
          await postWrong(wrongPost({ head, messages }, agent, token, random), tally);
        }
      },
    };
    return {
      round: rounds[what],
      async close() {
        await service.stop();
        await rm(directory, { recursive: true, force: true });
      },
    };
  },
});

export const reportRecords = ingestOf('records', 12);
export const reportBatches = ingestOf('batches', 3);
