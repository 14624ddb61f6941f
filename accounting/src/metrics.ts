import type { AuditResult } from '@fairhop/shared/contract';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { BookResult, CheckedBatch } from './ledger/index.js';

export interface AccountingMetrics {
  booked(batch: CheckedBatch, result: BookResult): void;
  graphLoaded(outcome: 'loaded' | 'refused'): void;
  ribsChanged(outcome: 'loaded' | 'refused'): void;
  audited(result: AuditResult): void;
}

/** Every counter that moves. Labels have few values: codes of rejection are ours, never a reporter's text. */
export function createAccountingMetrics(registry: Registry): AccountingMetrics {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter({ name: `fairhop_accounting_${name}`, help, labelNames, registers });
  const batches = counter('batches_total', 'Batches booked');
  const messages = counter('messages_total', 'Reported messages by outcome', ['outcome']);
  const rejections = counter('rejections_total', 'Refused messages by code', ['code']);
  const rows = counter('events_total', 'Events in messages that passed the checks', ['attributed']);
  const bytes = counter('bytes_total', 'Bytes of these events', ['attributed']);
  const mismatches = counter(
    'address_mismatches_total',
    'Ends whose address is in another AS than their session',
    ['end'],
  );
  const traces = counter('traces_total', 'Reported traceroutes', ['reporter']);
  const conflicts = counter('path_conflicts_total', 'Parts about whose path sources differ');
  const graphs = counter('as_graph_loads_total', 'Loads of the AS graph file', ['outcome']);
  const ribs = counter('rib_loads_total', 'Looks at RIB dumps that changed routes, and dumps refused', [
    'outcome',
  ]);
  const audits = counter('audits_total', 'Audits of the ledger', ['outcome']);
  const auditOk = new Gauge({
    name: 'fairhop_accounting_audit_ok',
    help: '1 when the last audit proved conservation, 0 when it found a break',
    registers,
  });
  return {
    booked(batch, result) {
      batches.inc();
      messages.inc({ outcome: 'accepted' }, result.accepted);
      messages.inc({ outcome: 'duplicate' }, result.duplicates);
      messages.inc({ outcome: 'rejected' }, result.rejected.length);
      for (const { code } of result.rejected) rejections.inc({ code });
      for (const message of batch.messages) {
        if (message.outcome === 'evidence') traces.inc({ reporter: message.isTrusted ? 'edge' : 'agent' });
        if (message.outcome !== 'events') continue;
        if (message.conflicts !== undefined && message.conflicts.length > 0) conflicts.inc();
        for (const end of message.addressMismatches ?? []) mismatches.inc({ end });
        for (const event of message.events) {
          const attributed = event.path === null ? 'no' : 'yes';
          rows.inc({ attributed });
          bytes.inc({ attributed }, event.bytes);
        }
      }
    },
    graphLoaded: (outcome) => graphs.inc({ outcome }),
    ribsChanged: (outcome) => ribs.inc({ outcome }),
    audited({ ok }) {
      audits.inc({ outcome: ok ? 'ok' : 'broken' });
      auditOk.set(ok ? 1 : 0);
    },
  };
}
