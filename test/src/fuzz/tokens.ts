import { randomUUID } from 'node:crypto';
import {
  createIdentity,
  firstReceiptDigest,
  type Identity,
  signReceipt,
  signToken,
  verifyReceipt,
  verifyToken,
} from '@fairhop/shared/crypto';
import {
  accessClaimsSchema,
  auditClaimsSchema,
  edgeUrlClaimsSchema,
  FairhopError,
  grantClaimsSchema,
  permitClaimsSchema,
  tokenType,
} from '@fairhop/shared/model';
import fc from 'fast-check';
import type { z } from 'zod';
import { mutateBytes, mutateJson, mutateText } from './mutate.js';
import { createRandom, type Random } from './random.js';
import { codeOf, type FuzzTarget, type Tally } from './target.js';

const INPUTS = 400;
const ISSUER = 'coordinator';

interface Kind {
  readonly type: string;
  readonly schema: z.ZodType;
  readonly claims: { readonly exp: number } & Record<string, unknown>;
}

/** One right token of each kind. */
function kindsOf(issuer: Identity): Kind[] {
  const times = { iat: Math.floor(Date.now() / 1000), exp: Math.floor(Date.now() / 1000) + 86_400 };
  const key = createIdentity().key;
  const ordered = { content: 'c0'.repeat(32), title: 'studio/film', category: 'video', sizeBytes: 1_000_000 };
  const common = { jti: randomUUID(), iss: ISSUER, ...times };
  return [
    {
      type: tokenType.grant,
      schema: grantClaimsSchema,
      claims: {
        ...common,
        ...ordered,
        aud: key,
        uploader: key,
        downloader: createIdentity().key,
        maxBytes: 1_000_000,
        rateBitsPerSecond: 1_000_000,
        permit: { id: 'p', isp: 'sp1', networks: ['127.1.0.0/16'] },
      },
    },
    { type: tokenType.edgeUrl, schema: edgeUrlClaimsSchema, claims: { ...common, ...ordered, aud: 'edge' } },
    {
      type: tokenType.access,
      schema: accessClaimsSchema,
      claims: { iss: ISSUER, aud: 'accounting', ...times, role: 'agent', sub: key },
    },
    {
      type: tokenType.audit,
      schema: auditClaimsSchema,
      claims: {
        ...common,
        aud: 'edge',
        content: ordered.content,
        piece: 0,
        offset: 0,
        lengthBytes: 1,
        nonce: '0'.repeat(64),
      },
    },
    {
      type: tokenType.permit,
      schema: permitClaimsSchema,
      claims: {
        jti: 'permit-1',
        iss: ISSUER,
        aud: ISSUER,
        sub: issuer.key,
        nbf: times.iat,
        exp: times.exp,
        terms: { networks: ['127.1.0.0/16'] },
      },
    },
  ];
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value) ?? '').toString('base64url');

/** Signed by the right key, so that only what it says is wrong. */
function signedAnyhow(header: unknown, payload: unknown, issuer: Identity): string {
  const body = `${encode(header)}.${encode(payload)}`;
  return `${body}.${Buffer.from(issuer.sign(Buffer.from(body))).toString('base64url')}`;
}

function wrongToken(
  token: string,
  kind: Kind,
  issuer: Identity,
  random: Random,
  strange: readonly unknown[],
): string {
  const header = { alg: 'EdDSA', typ: kind.type, kid: issuer.key };
  const [head, payload, signature] = token.split('.') as [string, string, string];
  switch (random.below(8)) {
    case 0:
      return mutateText(token, random);
    case 1:
      return Buffer.from(mutateBytes(Buffer.from(token), random)).toString('latin1');
    case 2:
      return `${encode(mutateJson(header, random, strange))}.${payload}.${signature}`;
    case 3:
      return `${head}.${encode(mutateJson(kind.claims, random, strange))}.${signature}`;
    case 4: {
      const alg = random.pick(['none', 'HS256', 'ES256', 'RS256', 'EdDSA', '']);
      return `${encode({ ...header, alg })}.${payload}.${random.pick(['', signature, 'AAAA'])}`;
    }
    case 5:
      return signedAnyhow(mutateJson(header, random, strange), kind.claims, issuer);
    case 6:
      return signedAnyhow(header, { ...kind.claims, exp: random.pick([0, 1, -1, 1e300, null, '9']) }, issuer);
    default:
      return signedAnyhow(header, mutateJson(kind.claims, random, strange), issuer);
  }
}

/** Grants, permits, access tokens, edge URLs, audits, as all services check them, and the receipts of agents. */
export const tokens: FuzzTarget = {
  name: 'tokens',
  sharePercent: 16,
  async open() {
    const issuer = createIdentity();
    const kinds = kindsOf(issuer);
    const right = await Promise.all(
      kinds.map(({ claims, type }) => signToken({ claims, identity: issuer, kid: issuer.key, type })),
    );
    const context = {
      transferId: randomUUID(),
      contentId: 'c0'.repeat(32),
      uploader: issuer.key,
      downloader: issuer.key,
    };
    const receipt = signReceipt(
      {
        transferId: context.transferId,
        sequence: 0,
        cumulativeBytes: 1_000,
        timeMs: Date.now(),
        previousDigest: firstReceiptDigest(context.transferId),
      },
      context,
      issuer,
    );

    const feed = async (token: string, kind: Kind, tally: Tally): Promise<void> => {
      try {
        await verifyToken({
          token,
          type: kind.type,
          schema: kind.schema,
          keyOf: (kid) => (kid === issuer.key ? issuer.key : undefined),
          issuer: ISSUER,
          nowMs: Date.now(),
        });
        tally.accepted();
      } catch (error) {
        if (error instanceof FairhopError && error.status === 401) tally.refused(codeOf(error));
        else tally.crashed(error, token);
      }
    };
    const feedReceipt = (bytes: Uint8Array, tally: Tally): void => {
      try {
        verifyReceipt(bytes, context);
        tally.accepted();
      } catch (error) {
        if (error instanceof FairhopError) tally.refused(codeOf(error));
        else tally.crashed(error, Buffer.from(bytes).toString('hex'));
      }
    };
    return {
      async round(seed, tally) {
        const random = createRandom(seed);
        const strange = fc.sample(fc.jsonValue({ maxDepth: 2 }), { seed, numRuns: 40 });
        for (let index = 0; index < INPUTS; index += 1) {
          const at = random.below(kinds.length);
          // A token of one kind where another one is due is as wrong as a forged one.
          const kind = kinds[random.chance(0.1) ? random.below(kinds.length) : at]!;
          await feed(wrongToken(right[at]!, kinds[at]!, issuer, random, strange), kind, tally);
          if (index % 4 === 0) feedReceipt(mutateBytes(receipt, random), tally);
        }
      },
      close: async () => undefined,
    };
  },
};
