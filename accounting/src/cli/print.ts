import { formatBytes } from '@fairhop/shared/service';

/** `67108864` → `67,108,864 bytes (64 MiB)`. */
export const describeBytes = (bytes: number): string =>
  bytes < 1_000 ? counted(bytes, 'byte') : `${exact(bytes)} bytes (${formatBytes(bytes)})`;

/** `1 file`, `2,000 files`. */
export const counted = (count: number, noun: string): string =>
  `${exact(count)} ${noun}${count === 1 ? '' : 's'}`;

export const exact = (value: number): string => value.toLocaleString('en');

export const instantText = (timeMs: number | null): string =>
  timeMs === null ? '-' : new Date(timeMs).toISOString();

export const writeLine = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** A line for each; none where nothing is to be noted. */
export const noteLines = ({ notes = [] }: { readonly notes?: readonly string[] | undefined }): string[] =>
  notes.map((note) => `note: ${note}`);
