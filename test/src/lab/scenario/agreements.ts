import { runCommand } from '@fairhop/fairhop';
import { topologyOf } from '../build/artefacts.js';
import { type Internet, networkOf } from '../internet-model.js';
import type { Services } from './services.js';
import { OWNER } from './settings.js';

/** Those whose own inventory tells of switches and of single links to others. */
const DECLARING_ISPS = ['sp1', 'sp3'];

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
  for (const isp of DECLARING_ISPS) {
    const { refused } = await services.networks.putTopology({
      params: { isp },
      query: {},
      body: topologyOf(internet, isp),
    });
    if (refused.length > 0)
      throw new Error(`of the topology of ${isp} was refused: ${JSON.stringify(refused)}`);
  }
  return { permitting: permitting.map(({ isp }) => isp), declaring: DECLARING_ISPS };
}
