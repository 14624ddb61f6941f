import type { LinkEstimate } from './estimate-links.js';

/** One direction of a link between two ASes. */
export interface LinkKey {
  readonly from: number;
  readonly to: number;
  /** One of several links between the two; absent for all of them together. */
  readonly peering?: string | undefined;
}

export interface LinkComparison extends LinkKey {
  readonly accountedPayloadBytes: number;
  readonly estimatedWireBytes: number;
  readonly counterBytes: number;
  /**
   * |estimate − counter| ÷ the counter of the busier direction: one that carries only acknowledgements has no payload to
   * scale.
   */
  readonly error: number;
}

export const linkName = ({ from, to, peering }: LinkKey): string =>
  `as:${from}>as:${to}${peering === undefined ? '' : `/${peering}`}`;

/** What `linkName` wrote. */
function linkKey(name: string): LinkKey {
  const [, from, to, peering] = /^as:(\d+)>as:(\d+)(?:\/(.+))?$/.exec(name) ?? [];
  if (from === undefined) throw new Error(`${name} is no link between ASes`);
  return { from: Number(from), to: Number(to), ...(peering !== undefined && { peering }) };
}

/**
 * Compares what the ledger makes of each link with what its receiving end counted: of all that either of them knows, also a link that
 * is not there. Links that nothing crossed are left out.
 */
export function compareLinks(
  estimates: ReadonlyMap<string, LinkEstimate>,
  counters: ReadonlyMap<string, number>,
): LinkComparison[] {
  const names = [...new Set([...counters.keys(), ...estimates.keys()])];
  return names.map(linkKey).flatMap((key) => {
    const { payloadBytes, wireBytes } = estimates.get(linkName(key)) ?? { payloadBytes: 0, wireBytes: 0 };
    const counterBytes = counters.get(linkName(key)) ?? 0;
    const busierBytes = Math.max(
      counterBytes,
      counters.get(linkName({ ...key, from: key.to, to: key.from })) ?? 0,
    );
    if (busierBytes === 0 && wireBytes === 0) return [];
    const estimatedWireBytes = Math.round(wireBytes);
    const differenceBytes = Math.abs(estimatedWireBytes - counterBytes);
    const error = busierBytes === 0 ? 1 : differenceBytes / busierBytes;
    return [{ ...key, accountedPayloadBytes: payloadBytes, estimatedWireBytes, counterBytes, error }];
  });
}
