import { Gauge, type Registry } from 'prom-client';

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
