import type { Contradiction } from '@fairhop/shared/contract';
import { type Finding, finding } from './finding.js';

/**
 * Two words by one signer that cannot both be true are a proof, which anybody can check (Aditya et al., "Reliable Client
 * Accounting for P2P-Infrastructure Hybrids", NSDI 2012: tamper-evident logs). Restoring an old backup makes one too.
 */
export const checkContradiction = ({ id, transferId, kind, statements }: Contradiction): Finding =>
  finding(kind, transferId, 100, `it signed two histories of transfer ${transferId}`, [
    `GET /v1/contradictions?afterId=${id - 1}`,
    // One that does not fit is read there.
    ...statements.filter(({ length }) => length <= 4_096),
  ]);
