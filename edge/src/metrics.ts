import { Counter, Gauge, type Registry } from 'prom-client';

export interface EdgeMetrics {
  countPiece(result: 'hit' | 'miss'): void;
  countFill(outcome: 'filled' | 'failed'): void;
  countBytes(kind: 'edge-to-client' | 'origin-to-edge' | 'directory-to-edge', bytes: number): void;
}

/** What is read when `/metrics` is asked for. */
export interface EdgeGauges {
  runningResponses(): number;
  runningFills(): number;
  cacheBytes(): number;
  outbox(): { waiting: number; rejected: number };
}

export function createEdgeMetrics(registry: Registry, gauges: EdgeGauges): EdgeMetrics {
  const registers = [registry];
  const pieces = new Counter({
    name: 'fairhop_edge_pieces_total',
    help: 'Pieces that responses needed: there already (hit), or waited for (miss)',
    labelNames: ['result'] as const,
    registers,
  });
  const fills = new Counter({
    name: 'fairhop_edge_fills_total',
    help: 'Fills from origins that ended',
    labelNames: ['outcome'] as const,
    registers,
  });
  const bytes = new Counter({
    name: 'fairhop_edge_bytes_total',
    help: 'Payload bytes',
    labelNames: ['kind'] as const,
    registers,
  });
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  gauge('fairhop_edge_running_responses', 'Responses under way', gauges.runningResponses);
  gauge('fairhop_edge_running_fills', 'Fills under way', gauges.runningFills);
  gauge('fairhop_edge_cache_bytes', 'Bytes of pieces on disk', gauges.cacheBytes);
  gauge('fairhop_edge_outbox_waiting', 'Reports not acknowledged yet', () => gauges.outbox().waiting);
  gauge('fairhop_edge_outbox_rejected', 'Reports that accounting rejected', () => gauges.outbox().rejected);
  return {
    countPiece: (result) => pieces.inc({ result }),
    countFill: (outcome) => fills.inc({ outcome }),
    countBytes: (kind, count) => bytes.inc({ kind }, count),
  };
}
