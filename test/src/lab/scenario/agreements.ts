import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '@fairhop/fairhop';
import type { DeclaredTopology } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { topologyOf } from '../build/artefacts.js';
import { type Internet, networkOf } from '../internet-model.js';
import type { Services } from './services.js';
import { OWNER } from './settings.js';
import { waitUntil } from './wait-until.js';

/** Declares its network by API with its own key, as an ISP does. */
const DECLARING_BY_KEY = 'sp3';
/** Gives the operator a file. */
const DECLARING_BY_FILE = 'sp1';
/** The directory of topologies is looked at every two seconds. */
const FILE_TIMEOUT_MS = 20_000;

/** The owner is registered; every ISP with subscribers permits their uplinks; some declare their networks. */
export async function makeAgreements(
  internet: Internet,
  services: Services,
  signal: AbortSignal,
): Promise<{ readonly permitting: string[]; readonly declaring: string[] }> {
  const type = (...words: string[]): Promise<unknown> => runCommand(words, services.environment, signal);
  await type('owner', 'add', OWNER);
  const asns = new Set(internet.hosts.filter(({ role }) => role === 'subscriber').map(({ asn }) => asn));
  const permitting = [...asns].map((asn) => networkOf(internet, asn));
  for (const { isp, prefix } of permitting)
    await type('isp', 'agreement', 'set', isp, 'uplinks', '--networks', prefix);
  await declareByFile(internet, services, signal);
  await declareByKey(internet, services);
  return {
    permitting: permitting.map(({ isp }) => isp),
    declaring: [DECLARING_BY_FILE, DECLARING_BY_KEY],
  };
}

async function declareByKey(internet: Internet, services: Services): Promise<void> {
  const params = { isp: DECLARING_BY_KEY };
  const { apiKey } = await services.coordinator.createIspApiKey({ params });
  const own = services.networksAs(apiKey);
  const body = topologyOf(internet, DECLARING_BY_KEY);
  accepted(await own.putTopology({ params, query: {}, body }), `isp ${DECLARING_BY_KEY}`);
}

async function declareByFile(internet: Internet, services: Services, signal: AbortSignal): Promise<void> {
  const name = `${DECLARING_BY_FILE}.json`;
  const written = join(services.topologyDirectory, `.${name}`);
  await writeFile(written, JSON.stringify(topologyOf(internet, DECLARING_BY_FILE)));
  await rename(written, join(services.topologyDirectory, name));
  const declared = await waitUntil(
    `accounting has read ${name}`,
    () =>
      services.networks
        .getTopology({ params: { isp: DECLARING_BY_FILE }, query: {} })
        .catch((error: unknown) => {
          if (error instanceof FairhopError && error.status === 404) return undefined;
          throw error;
        }),
    (topology) => topology !== undefined,
    { timeoutMs: FILE_TIMEOUT_MS, signal },
  );
  accepted(declared!, `file ${name}`);
}

/** An ISP of the lab says nothing of others, and what it says of itself nobody contradicts. */
function accepted({ isp, declaredBy, refused, conflicts }: DeclaredTopology, by: string): void {
  if (declaredBy !== by) throw new Error(`the topology of ${isp} is declared by ${declaredBy}, not by ${by}`);
  const remarks = [...refused, ...conflicts];
  if (remarks.length > 0)
    throw new Error(`of the topology of ${isp} is not taken: ${JSON.stringify(remarks)}`);
}
