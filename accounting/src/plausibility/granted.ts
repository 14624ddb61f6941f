import { type Finding, finding } from './finding.js';

export interface GrantUse {
  readonly transferId: string;
  readonly grantedBytes: number;
  /** The furthest that one end signed, and what of it the other end acknowledged. */
  readonly signedBytes: number;
}

const SCORE = 60;

/** The grant is the order, and both ends have it: no program signs more (docs/threat-model.md: more never settles). */
export function checkGrantUse({ transferId, grantedBytes, signedBytes }: GrantUse): Finding | undefined {
  if (grantedBytes === 0 || signedBytes <= grantedBytes) return undefined;
  const message = `it signed ${signedBytes} bytes of a grant for ${grantedBytes}`;
  return finding('bytes-above-grant', transferId, SCORE, message, [`transfer ${transferId}`]);
}
