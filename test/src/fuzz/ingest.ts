import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { accountingConfigSchema, createAccountingService } from '@fairhop/accounting';
import { asGraph } from '@fairhop/fairhop';
import { accountingEndpoints, REPORT_SIGNATURE_HEADER } from '@fairhop/shared/contract';
import {
  completionBytes,
  createIdentity,
  type Identity,
  reportBytes,
  signToken,
} from '@fairhop/shared/crypto';
import { hostId, problemMediaType, tokenType } from '@fairhop/shared/model';
import { createLog } from '@fairhop/shared/service';
import fc from 'fast-check';
import { brokenJson, mutateBytes, mutateJson } from './mutate.js';
import { createRandom, type Random } from './random.js';
import { type FuzzTarget, isCode, type Tally } from './target.js';

const COORDINATOR = 'coordinator';
/** Of one batch that is right but for its records. */
const RECORDS = 1_500;
/** Requests of a round that are wrong as a whole. */
const WRONG_REQUESTS = 20;

/** One record of each type: right in form, and each for a reason of its own not to be booked. */
async function recordsOf(issuer: Identity, agent: Identity): Promise<Record<string, unknown>[]> {
  const nowMs = Date.now();
  const nowS = Math.floor(nowMs / 1000);
  const transferId = randomUUID();
  const content = 'c0'.repeat(32);
  const facts = {
    agent: agent.key,
    contentId: content,
    title: 'studio/film',
    sizeBytes: 1_000_000,
    timeMs: nowMs,
  };
  const grant = await signToken({
    claims: {
      jti: transferId,
      iss: COORDINATOR,
      aud: agent.key,
      iat: nowS - 60,
      exp: nowS + 600,
      content,
      title: 'studio/film',
      category: 'video',
      sizeBytes: 1_000_000,
      uploader: createIdentity().key,
      downloader: agent.key,
      maxBytes: 1_000_000,
      rateBitsPerSecond: 1_000_000,
      permit: { id: 'p', isp: 'sp1', networks: ['127.1.0.0/16'] },
    },
    identity: issuer,
    kid: issuer.key,
    type: tokenType.grant,
  });
  const addresses = { uploaderAddress: '127.1.0.10', downloaderAddress: '127.2.0.20' };
  return [
    {
      type: 'peer-transfer',
      grant,
      part: 0,
      startMs: nowMs - 1000,
      to: 'A'.repeat(178),
      ...addresses,
      maxRateBitsPerSecond: 1_000,
      last: true,
    },
    {
      type: 'edge-transfer',
      kind: 'edge-to-client',
      transferId,
      part: 0,
      source: hostId(agent.key),
      sourceAddress: '127.0.0.1',
      destination: 'host:client',
      destinationAddress: '127.1.0.10',
      content,
      title: 'studio/film',
      category: 'video',
      sizeBytes: 1_000_000,
      bytes: 1_000,
      startMs: nowMs - 1000,
      endMs: nowMs,
      maxRateBitsPerSecond: 1_000,
    },
    {
      type: 'completion',
      agent: agent.key,
      content,
      title: 'studio/film',
      sizeBytes: 1_000_000,
      timeMs: nowMs,
      signature: Buffer.from(agent.sign(completionBytes(facts))).toString('base64url'),
    },
    {
      type: 'uploader-statement',
      grant,
      sequence: 0,
      previousDigest: '0'.repeat(64),
      sentBytes: 1_000,
      timeMs: nowMs,
      last: false,
      downloaderAddress: '127.2.0.20',
      signature: 'A'.repeat(86),
    },
    {
      type: 'path-evidence',
      transferId,
      grant,
      direction: 'forward',
      tool: 'traceroute',
      protocol: 'udp',
      startMs: nowMs - 1000,
      endMs: nowMs,
      sourceAddress: '127.1.0.10',
      destinationAddress: '127.2.0.20',
      reached: true,
      hops: [{ timeToLive: 1, replies: [{ address: '127.1.0.1', roundTripMicros: 100 }] }],
    },
  ];
}

interface Post {
  readonly body: Uint8Array;
  readonly headers: Record<string, string>;
}

/** A batch that is wrong as a whole: its bytes, its shape, its signature, its token or its encoding. */
function wrongPost(
  right: { head: object; messages: unknown[] },
  signer: Identity,
  token: string,
  random: Random,
): Post {
  const batch = { ...right.head, messages: right.messages };
  const text = JSON.stringify(batch);
  const kind = random.below(9);
  const body =
    kind === 0
      ? Buffer.from(brokenJson(text.slice(0, 4_000), random))
      : kind <= 3
        ? Buffer.from(JSON.stringify(mutateJson(batch, random)) ?? '')
        : kind === 4
          ? mutateBytes(gzipSync(text), random)
          : Buffer.from(text);
  const signed = kind === 5 ? random.bytes(64) : signer.sign(reportBytes(body));
  return {
    body,
    headers: {
      'content-type': kind === 6 ? 'application/x-ndjson' : kind === 7 ? 'text/plain' : 'application/json',
      authorization: `Bearer ${kind === 8 ? `${token.slice(0, -4)}AAAA` : token}`,
      [REPORT_SIGNATURE_HEADER]: Buffer.from(signed).toString('base64url'),
      ...(kind === 4 && { 'content-encoding': 'gzip' }),
    },
  };
}

/** Keys that would change what objects are: with them a body is refused as a whole, so that a batch of records has none. */
const isReadable = (record: unknown): boolean =>
  record !== undefined && !/"(__proto__|constructor)"/.test(JSON.stringify(record) ?? '');

/** `POST /v1/reports` of the real service: whole batches, and each of their records. */
export const ingest: FuzzTarget = {
  name: 'ingest',
  sharePercent: 13,
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
      const body = Buffer.from(JSON.stringify({ reporter: agent.key, incarnation: randomUUID(), messages }));
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
    return {
      async round(seed, tally) {
        const random = createRandom(seed);
        const strange = fc.sample(fc.jsonValue({ maxDepth: 3 }), { seed, numRuns: 60 });
        const records = Array.from({ length: RECORDS }, () =>
          random.chance(0.1) ? random.pick(strange) : mutateJson(random.pick(right), random, strange),
        );
        await postRecords(records.filter(isReadable), tally);
        const head = { reporter: agent.key, incarnation: randomUUID() };
        const messages = right.map((record, index) => ({ sequence: sequence + index, record }));
        sequence += right.length;
        for (let index = 0; index < WRONG_REQUESTS; index += 1)
          await postWrong(wrongPost({ head, messages }, agent, token, random), tally);
      },
      async close() {
        await service.stop();
        await rm(directory, { recursive: true, force: true });
      },
    };
  },
};
