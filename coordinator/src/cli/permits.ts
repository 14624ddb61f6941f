import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createIdentity, type Identity, identityFromPem, signToken } from '@fairhop/shared/crypto';
import {
  FairhopError,
  fieldErrors,
  type PermitClaims,
  permitClaimsSchema,
  publicKeySchema,
  tokenType,
} from '@fairhop/shared/model';
import { createFileAtomic, printJson } from '@fairhop/shared/service';
import { callAndPrint } from './call.js';
import type { CallOptions } from './command-kit.js';
import { readTerms, type TermsOptions } from './terms.js';
import { tellAsTyped } from './typed-names.js';

export async function newPermitKey(file: string, { json }: { json?: boolean }): Promise<void> {
  const identity = createIdentity();
  if (!(await createFileAtomic(file, identity.toPem(), 0o600))) {
    throw new FairhopError('file-exists', `file ${file} is there already; name another one`, { status: 409 });
  }
  if (json) printJson({ file, publicKey: identity.key });
  else process.stdout.write(`${identity.key}\n`);
}

export async function addPermitKey(
  isp: string,
  keyId: string,
  options: CallOptions & { key?: string; publicKey?: string; permitUrl?: string },
): Promise<void> {
  if ((options.key === undefined) === (options.publicKey === undefined)) {
    throw new FairhopError('key-missing', 'name the key: either --key FILE or --public-key KEY', {
      status: 400,
    });
  }
  const publicKey = options.publicKey ?? (await readKeyFile(options.key!)).key;
  const body = { publicKey, ...(options.permitUrl !== undefined && { permitUrl: options.permitUrl }) };
  await callAndPrint(
    options,
    (client) => client.putPermitKey({ params: { isp, keyId }, body }),
    () => `permit key ${keyId} of ${isp} is registered (${publicKey})`,
  );
}

export async function removePermitKey(isp: string, keyId: string, options: CallOptions): Promise<void> {
  await callAndPrint(
    options,
    (client) => client.removePermitKey({ params: { isp, keyId } }),
    () => `permit key ${keyId} of ${isp} is removed`,
  );
}

export interface SignOptions extends TermsOptions {
  readonly isp: string;
  readonly key: string;
  readonly keyId: string;
  readonly agent: string;
  readonly coordinatorId: string;
  readonly json?: boolean;
}

export async function signPermit(options: SignOptions): Promise<void> {
  const { validFromMs, validUntilMs, ...terms } = readTerms(options, Date.now());
  if (!publicKeySchema.safeParse(options.agent).success) {
    const message = `--agent: ${JSON.stringify(options.agent)} is no key; 43 characters as \`fairhop status\` shows them are right`;
    throw new FairhopError('invalid-agent', message, { status: 400 });
  }
  const claims = {
    jti: randomUUID(),
    iss: options.isp,
    aud: options.coordinatorId,
    sub: options.agent,
    nbf: Math.floor(validFromMs / 1000),
    exp: Math.floor(validUntilMs / 1000),
    terms,
  } satisfies PermitClaims;
  const checked = permitClaimsSchema.safeParse(claims);
  if (!checked.success) {
    const told = tellAsTyped(fieldErrors(checked.error, ['claims']));
    throw new FairhopError('invalid-permit', told, { status: 400 });
  }
  const identity = await readKeyFile(options.key);
  const permit = await signToken({ claims, identity, kid: options.keyId, type: tokenType.permit });
  if (options.json) printJson({ permit, claims });
  else process.stdout.write(`${permit}\n`);
}

async function readKeyFile(file: string): Promise<Identity> {
  try {
    return identityFromPem(await readFile(file, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `key file ${file} cannot be used (${reason}); \`fairhop isp permit-key new\` makes one`;
    throw new FairhopError('key-file-invalid', message, { status: 400, cause });
  }
}
