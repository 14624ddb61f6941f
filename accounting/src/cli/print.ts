import { formatBytes } from '@fairhop/shared/service';

/** `67108864` → `67,108,864 bytes (64 MiB)`. */
export const describeBytes = (bytes: number): string => `${exact(bytes)} bytes (${formatBytes(bytes)})`;

export const exact = (value: number): string => value.toLocaleString('en');

export const instantText = (timeMs: number | null): string =>
  timeMs === null ? '-' : new Date(timeMs).toISOString();

export const writeLine = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
