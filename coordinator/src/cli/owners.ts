import { formatTable } from '@fairhop/shared/service';
import { callAndPrint } from './call.js';
import type { CallOptions } from './command-kit.js';

export async function addOwner(
  owner: string,
  options: CallOptions & { displayName?: string },
): Promise<void> {
  await callAndPrint(
    options,
    (client) => client.putOwner({ params: { owner }, body: { name: options.displayName ?? owner } }),
    ({ name }) => `owner ${owner} (${name}) is registered`,
  );
}

export async function listOwners(options: CallOptions): Promise<void> {
  await callAndPrint(
    options,
    (client) => client.listOwners({}),
    ({ owners }) =>
      owners.length === 0
        ? 'no owners are registered'
        : formatTable(
            [
              { header: 'OWNER', cell: ({ owner }) => owner },
              { header: 'NAME', cell: ({ name }) => name },
            ],
            owners,
          ),
  );
}

export async function createOwnerApiKey(owner: string, options: CallOptions): Promise<void> {
  await callAndPrint(
    options,
    (client) => client.createOwnerApiKey({ params: { owner } }),
    ({ apiKey }) => apiKey,
  );
}
