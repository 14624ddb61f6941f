import type { AuditOutcome } from '@fairhop/shared/contract';
import { Counter, Gauge, type Registry } from 'prom-client';

/** Figures that are read when somebody asks for them. */
export function addGauges(
  registry: Registry,
  gauges: Readonly<Record<string, { help: string; read: () => number }>>,
): void {
  for (const [name, { help, read }] of Object.entries(gauges)) {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  }
}

/** Gives what counts one. */
export function countAudits(registry: Registry): (outcome: AuditOutcome['outcome']) => void {
  const audits = new Counter({
    name: 'fairhop_audits_total',
    help: 'Random audits that ended',
    labelNames: ['outcome'] as const,
    registers: [registry],
  });
  return (outcome) => audits.inc({ outcome });
}
