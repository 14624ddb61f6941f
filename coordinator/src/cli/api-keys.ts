import type { ScopedKey } from '@fairhop/shared/contract';
import { FairhopError, keyScopeSchema } from '@fairhop/shared/model';
import { formatTable } from '@fairhop/shared/service';
import { callAndPrint, parseOption, parseTime } from './call.js';
import type { CallOptions } from './command-kit.js';
import { type OrganisationOptions, organisationOf, organisationText } from './organisation.js';

interface CreateOptions extends OrganisationOptions {
  readonly scope?: readonly string[];
  readonly expires?: string;
}

const timeText = (timeMs: number | null): string => (timeMs === null ? '-' : new Date(timeMs).toISOString());

export async function createApiKey(name: string, options: CreateOptions): Promise<void> {
  const { scope = ['read'], expires } = options;
  const organisation = organisationOf(options);
  const body = {
    name,
    scopes: scope.map((text) => parseOption('--scope', text, parseScope)),
    ...(organisation && { organisation }),
    ...(expires !== undefined && { expiresMs: parseOption('--expires', expires, parseTime) }),
  };
  await callAndPrint(
    options,
    (client) => client.createApiKey({ body }),
    ({ apiKey }) => apiKey,
  );
}

export async function listApiKeys(options: OrganisationOptions): Promise<void> {
  await callAndPrint(
    options,
    (client) => client.listApiKeys({ query: organisationOf(options) ?? {} }),
    ({ apiKeys }) =>
      apiKeys.length === 0
        ? 'there are no API keys'
        : formatTable<ScopedKey>(
            [
              { header: 'ID', cell: ({ id }) => id },
              { header: 'NAME', cell: ({ name }) => name },
              { header: 'OF', cell: ({ organisation }) => organisationText(organisation) },
              { header: 'MAY', cell: ({ scopes }) => scopes.join(', ') },
              { header: 'SINCE', cell: ({ createdMs }) => timeText(createdMs) },
              { header: 'ENDS', cell: ({ expiresMs }) => timeText(expiresMs) },
              { header: 'OLD SECRET UNTIL', cell: ({ oldSecretUntilMs }) => timeText(oldSecretUntilMs) },
            ],
            apiKeys,
          ),
  );
}

export async function rotateApiKey(
  keyId: string,
  { keepOldHours: text, ...options }: CallOptions & { readonly keepOldHours: string },
): Promise<void> {
  const keepOldHours = parseOption('--keep-old-hours', text, parseHours);
  await callAndPrint(
    options,
    (client) => client.rotateApiKey({ params: { keyId }, body: { keepOldHours } }),
    ({ apiKey }) => apiKey,
  );
}

export async function revokeApiKey(keyId: string, options: CallOptions): Promise<void> {
  await callAndPrint(
    options,
    (client) => client.revokeApiKey({ params: { keyId } }),
    () => `API key ${keyId} is revoked`,
  );
}

function parseScope(text: string) {
  const scope = keyScopeSchema.safeParse(text);
  if (scope.success) return scope.data;
  const message = `${JSON.stringify(text)} is no scope; ${keyScopeSchema.options.join(', ')} are right`;
  throw new FairhopError('invalid-scope', message, { status: 400 });
}

function parseHours(text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) <= 720) return Number(text);
  const message = `${JSON.stringify(text)} is no number of hours; 0 to 720 is right`;
  throw new FairhopError('invalid-hours', message, { status: 400 });
}
