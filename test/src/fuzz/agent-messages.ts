import { randomUUID } from 'node:crypto';
import type { AgentMessage } from '@fairhop/shared/contract';
import type { Random } from './random.js';

const contentId = 'c0'.repeat(32);

/** One message of each type, right in form: what it speaks of is not there. */
export const messages = (random: Random): AgentMessage[] => {
  const transferId = randomUUID();
  return [
    { type: 'holding', contentId, pieces: random.pick(['all', '', 'AA==', 'A'.repeat(400)]), wants: true },
    { type: 'have', contentId, pieces: [random.below(70_000)] },
    { type: 'signal', transferId, signal: JSON.stringify({ type: 'offer', sdp: 'v=0' }) },
    { type: 'bad-data', transferId, piece: random.below(10), blocks: [0] },
    { type: 'leave', contentId },
    { type: 'release', transferId, reason: 'none' },
    { type: 'progress', transfers: [{ transferId, bytes: 2 ** 50, remoteAddress: '127.9.9.9' }] },
    { type: 'audit-answer', auditId: randomUUID(), digest: '0'.repeat(64) },
    { type: 'permit-token', permitToken: random.pick(['', 'a.b.c', 'x'.repeat(16_384)]) },
    {
      type: 'readiness',
      readiness: {
        ready: true,
        reasons: [],
        slots: 256,
        rateBitsPerSecond: 1e12,
        bytesLeft: Number.MAX_SAFE_INTEGER,
      },
    },
    { type: 'find-sources', requestId: 1, title: 'no/such', maxPeers: 64, exclude: [], bytesWanted: 1 },
  ];
};
