import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify, SignJWT } from 'jose';
import type { z } from 'zod';
import { FairhopError, fieldErrors, type PublicKey } from '../model/index.js';
import { type Identity, publicKeyObject } from './identity.js';

/** Characters of a compact JWT: what records that carry one allow. A grant with one prefix has about 1,000. */
export const MAX_TOKEN_CHARACTERS = 16_384;

/** The one algorithm (RFC 8037): a token's own header never chooses it (RFC 8725 §3.1). */
const ALGORITHM = 'EdDSA';

export interface SignTokenOptions {
  /** Claims, times in seconds since the epoch (RFC 7519). `exp` is required: no token is for ever. */
  claims: { exp: number } & Record<string, unknown>;
  identity: Identity;
  /** Names the key to the verifier. */
  kid: string;
  /** `typ` header, one of `tokenType`. */
  type: string;
}

/** A compact JWT (EdDSA). Throws `token-too-long`. */
export async function signToken({ claims, identity, kid, type }: SignTokenOptions): Promise<string> {
  const token = await new SignJWT(claims as JWTPayload)
    .setProtectedHeader({ alg: ALGORITHM, typ: type, kid })
    .sign(identity.privateKey);
  if (token.length <= MAX_TOKEN_CHARACTERS) return token;
  throw new FairhopError(
    'token-too-long',
    `A ${type} of ${token.length} characters is too long, at most ${MAX_TOKEN_CHARACTERS} travel`,
  );
}

export interface VerifyTokenOptions<Schema extends z.ZodType> {
  token: string;
  /** Expected `typ` header. */
  type: string;
  /** Schema of the claims. */
  schema: Schema;
  /** The key that `kid` names, or undefined if it is not one that may sign this kind of token. */
  keyOf(kid: string): PublicKey | undefined | Promise<PublicKey | undefined>;
  issuer?: string;
  audience?: string;
  nowMs: number;
  /** How far the clocks of signer and verifier may differ. */
  clockToleranceMs?: number;
}

/**
 * The claims of a token whose type, signature, times, issuer, audience and shape are right; nothing of it is believed
 * before its signature.
 *
 * Throws FairhopError (401) with code `token-malformed` (not a JWT of this type), `token-unknown-key`, `token-forged`,
 * `token-expired`, `token-not-yet-valid`, `token-issuer`, `token-audience` or `token-claims`.
 */
export async function verifyToken<Schema extends z.ZodType>(
  options: VerifyTokenOptions<Schema>,
): Promise<z.output<Schema>> {
  const { token, type, schema, keyOf, issuer, audience, nowMs, clockToleranceMs = 0 } = options;
  if (token.length > MAX_TOKEN_CHARACTERS) {
    throw refuse(
      type,
      'token-malformed',
      `has ${token.length} characters, at most ${MAX_TOKEN_CHARACTERS} are read`,
    );
  }
  const jwtOptions: JWTVerifyOptions = {
    algorithms: [ALGORITHM],
    typ: type,
    requiredClaims: ['exp'],
    currentDate: new Date(nowMs),
    clockTolerance: clockToleranceMs / 1000,
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  };
  let payload: JWTPayload;
  try {
    ({ payload } = await jwtVerify(
      token,
      async ({ kid }) => {
        if (typeof kid !== 'string')
          throw refuse(type, 'token-malformed', 'has no "kid" header that names its key');
        const key = await keyOf(kid);
        const publicKey = key === undefined ? undefined : publicKeyObject(key);
        if (publicKey === undefined)
          throw refuse(type, 'token-unknown-key', `is signed with the unknown key "${kid}"`);
        return publicKey;
      },
      jwtOptions,
    ));
  } catch (cause) {
    throw refusalOf(options, cause);
  }
  const claims = schema.safeParse(payload);
  if (claims.success) return claims.data;
  const wrong = fieldErrors(claims.error);
  throw new FairhopError(
    'token-claims',
    `The ${type} has wrong claims: ${wrong.map(({ path, message }) => `${path}: ${message}`).join('; ')}`,
    { status: UNAUTHORIZED, errors: wrong },
  );
}

/** A JWK Set (RFC 7517) of public Ed25519 keys (RFC 8037). */
export interface PublicKeySet {
  keys: { kty: 'OKP'; crv: 'Ed25519'; x: PublicKey; kid: string; alg: 'EdDSA'; use: 'sig' }[];
}

export function publicKeySet(keys: readonly { kid: string; key: PublicKey }[]): PublicKeySet {
  return {
    keys: keys.map(({ kid, key }) => ({
      kty: 'OKP',
      crv: 'Ed25519',
      x: key,
      kid,
      alg: ALGORITHM,
      use: 'sig',
    })),
  };
}

const UNAUTHORIZED = 401;

function refuse(type: string, code: string, what: string, cause?: unknown): FairhopError {
  return new FairhopError(code, `The ${type} ${what}`, { status: UNAUTHORIZED, cause });
}

/** The typed error for what jose found. Failures of `keyOf` itself (a store that is down) are passed on as they are. */
function refusalOf<Schema extends z.ZodType>(options: VerifyTokenOptions<Schema>, cause: unknown): unknown {
  const { type, issuer, audience, nowMs } = options;
  const now = new Date(nowMs).toISOString();
  if (cause instanceof errors.JWTExpired) {
    return refuse(type, 'token-expired', `expired at ${instantOf(cause.payload.exp)}, now is ${now}`, cause);
  }
  if (cause instanceof errors.JWTClaimValidationFailed) {
    if (cause.claim === 'typ') return refuse(type, 'token-malformed', 'is a token of another type', cause);
    if (cause.claim === 'nbf' && cause.reason === 'check_failed') {
      return refuse(
        type,
        'token-not-yet-valid',
        `is valid from ${instantOf(cause.payload.nbf)}, now is ${now}`,
        cause,
      );
    }
    if (cause.claim === 'iss') return refuse(type, 'token-issuer', `is not issued by "${issuer}"`, cause);
    if (cause.claim === 'aud') return refuse(type, 'token-audience', `is not meant for "${audience}"`, cause);
    return refuse(type, 'token-claims', `has a wrong or missing claim "${cause.claim}"`, cause);
  }
  if (cause instanceof errors.JWSSignatureVerificationFailed) {
    return refuse(type, 'token-forged', 'has a signature that is not by its key over its content', cause);
  }
  if (cause instanceof errors.JOSEAlgNotAllowed) {
    return refuse(type, 'token-forged', `is not signed with ${ALGORITHM}`, cause);
  }
  if (cause instanceof errors.JOSEError) {
    return refuse(type, 'token-malformed', 'is not a signed JWT in compact form', cause);
  }
  return cause;
}

/** A NumericDate (RFC 7519) for people; one beyond what Date holds as the number it is. */
function instantOf(seconds: number | undefined): string {
  const date = new Date((seconds ?? Number.NaN) * 1000);
  return Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString();
}
