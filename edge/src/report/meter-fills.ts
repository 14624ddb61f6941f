import { randomUUID } from 'node:crypto';
import { hostId, type PublicKey } from '@fairhop/shared/model';
import type { Clock } from '@fairhop/shared/service';
import type { CacheDependencies } from '../cache/cache.js';
import type { EdgeMetrics } from '../metrics.js';
import type { Reports } from './reports.js';

/** A fill over the network is a transfer of its own, from the origin's host to the edge; from a directory it is none. */
export function meterFills(
  edgeKey: PublicKey,
  clock: Clock,
  reports: Reports,
  metrics: EdgeMetrics,
): CacheDependencies['meterFill'] {
  return ({ manifest, title }) => {
    const transferId = randomUUID();
    let sinceMs = clock.nowMs();
    return {
      count: (bytes, connection) => {
        metrics.countBytes(connection === undefined ? 'directory-to-edge' : 'origin-to-edge', bytes);
        if (connection === undefined) return;
        const nowMs = clock.nowMs();
        reports.count(
          {
            kind: 'origin-to-edge',
            transferId,
            source: hostId(connection.originAddress),
            sourceAddress: connection.originAddress,
            destination: hostId(edgeKey),
            destinationAddress: connection.edgeAddress,
            content: manifest.contentId,
            title: title.id,
            category: title.category,
            sizeBytes: manifest.sizeBytes,
          },
          bytes,
          sinceMs,
          nowMs,
        );
        sinceMs = nowMs;
      },
      end: (outcome) => metrics.countFill(outcome),
    };
  };
}
