import { createHash } from 'node:crypto';
import { createBoundedCache, FairhopError } from '@fairhop/shared/model';
import { type Clock, hashApiKey, randomToken, readGivenSecretFile } from '@fairhop/shared/service';
import * as client from 'openid-client';
import { isReturnUrl, type OidcConfig } from './oidc-config.js';

export interface OidcLoginsConfig {
  /** Undefined: nobody logs in so. */
  readonly provider: OidcConfig | undefined;
  readonly publicUrl: () => string;
  /** Origins of pages that may begin logins, beside the coordinator's own. */
  readonly pages: readonly string[];
}

export interface OidcLogins {
  /** Throws `oidc-not-configured` (404), `return-url-refused` (400), `oidc-unavailable` (502). */
  begin(returnUrl: string, challenge: string): Promise<{ url: string; expiresMs: number }>;
  /** Where the browser goes on to, with a one-time code or with what went wrong. Throws `oidc-login-unknown` (400). */
  comeBack(state: string, query: URLSearchParams): Promise<string>;
  /** The verified e-mail of who logged in. Throws `oidc-code-invalid` (401). */
  finish(code: string, verifier: string): string;
}

/** A person that types a password and a second factor. */
const LOGIN_MS = 10 * 60_000;
/** A program gets the code and sends it on at once. */
const CODE_MS = 60_000;
/** Logins under way at a time, of 1 KiB each; the oldest is forgotten. */
const MAX_PENDING = 5_000;
const TIMEOUT_SECONDS = 10;

interface Pending {
  readonly returnUrl: string;
  readonly challenge: string;
  readonly verifier: string;
  readonly nonce: string;
  readonly untilMs: number;
}

interface Code {
  readonly email: string;
  readonly challenge: string;
  readonly untilMs: number;
}

/**
 * Logins at an identity provider by OpenID Connect: authorization code with PKCE (RFC 6749, RFC 7636). The provider's code never
 * leaves here; who began the login gets another one, which only it can use. Kept in memory: after a restart one begins again.
 * Throws as `readGivenSecretFile`.
 */
export function createOidcLogins({ provider, publicUrl, pages }: OidcLoginsConfig, clock: Clock): OidcLogins {
  const pending = createBoundedCache<string, Pending>(MAX_PENDING);
  const codes = createBoundedCache<string, Code>(MAX_PENDING);
  const secret =
    provider?.clientSecretFile === undefined ? undefined : readGivenSecretFile(provider.clientSecretFile);
  let discovered: Promise<client.Configuration> | undefined;

  const configuration = (): Promise<client.Configuration> => {
    if (provider === undefined) {
      const message = 'no identity provider is configured here; log in by e-mail and password';
      throw new FairhopError('oidc-not-configured', message, { status: 404 });
    }
    discovered ??= discover(provider, secret).catch((cause: unknown) => {
      discovered = undefined;
      const message = `the identity provider ${provider.issuer} cannot be asked; try again later`;
      throw new FairhopError('oidc-unavailable', message, { status: 502, cause });
    });
    return discovered;
  };
  const verifiedEmail = async (login: Pending, state: string, query: URLSearchParams): Promise<string> => {
    const url = new URL(`${publicUrl()}/v1/oidc/callback`);
    url.search = query.toString();
    const tokens = await client.authorizationCodeGrant(await configuration(), url, {
      ...{ pkceCodeVerifier: login.verifier, expectedState: state, expectedNonce: login.nonce },
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    const email = claims?.['email'];
    if (typeof email === 'string' && claims?.['email_verified'] === true) return email.toLowerCase();
    throw new FairhopError('oidc-email-unverified', 'the provider does not vouch for an e-mail');
  };
  return {
    async begin(returnUrl, challenge) {
      const config = await configuration();
      if (!isReturnUrl(returnUrl, [new URL(publicUrl()).origin, ...pages])) {
        const message = `${returnUrl} is no place to come back to; http on 127.0.0.1 or a page of the operator is right`;
        throw new FairhopError('return-url-refused', message, { status: 400 });
      }
      const [state, verifier, nonce] = [
        client.randomState(),
        client.randomPKCECodeVerifier(),
        client.randomNonce(),
      ];
      const untilMs = clock.nowMs() + LOGIN_MS;
      pending.set(state, { returnUrl, challenge, verifier, nonce, untilMs });
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: `${publicUrl()}/v1/oidc/callback`,
        ...{ scope: 'openid email', state, nonce, code_challenge_method: 'S256' },
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
      });
      return { url: url.href, expiresMs: untilMs };
    },
    async comeBack(state, query) {
      const login = pending.get(state);
      pending.delete(state);
      if (login === undefined || login.untilMs <= clock.nowMs()) {
        const message = 'this login is unknown or took too long; begin again';
        throw new FairhopError('oidc-login-unknown', message, { status: 400 });
      }
      const back = new URL(login.returnUrl);
      try {
        const email = await verifiedEmail(login, state, query);
        const code = randomToken();
        codes.set(hashApiKey(code), { email, challenge: login.challenge, untilMs: clock.nowMs() + CODE_MS });
        back.searchParams.set('code', code);
      } catch (error) {
        back.searchParams.set('error', error instanceof FairhopError ? error.code : 'oidc-refused');
      }
      return back.href;
    },
    finish(code, verifier) {
      const hash = hashApiKey(code);
      const given = codes.get(hash);
      codes.delete(hash);
      const challenge = createHash('sha256').update(verifier).digest('base64url');
      if (given !== undefined && given.untilMs > clock.nowMs() && given.challenge === challenge)
        return given.email;
      const message = 'the code is unknown, used, over, or another program’s; begin again';
      throw new FairhopError('oidc-code-invalid', message, { status: 401 });
    },
  };
}

function discover(
  { issuer, clientId }: OidcConfig,
  secret: string | undefined,
): Promise<client.Configuration> {
  return client.discovery(
    new URL(issuer),
    clientId,
    undefined,
    secret === undefined ? client.None() : client.ClientSecretPost(secret),
    {
      timeout: TIMEOUT_SECONDS,
      execute: [
        // Signatures of ID tokens are checked, though they come straight from the provider.
        client.enableNonRepudiationChecks,
        // The configuration has plain HTTP on loopback alone.
        ...(issuer.startsWith('http:') ? [client.allowInsecureRequests] : []),
      ],
    },
  );
}
