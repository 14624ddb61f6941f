import { FairhopError } from '../model/errors.js';

const byteUnits: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

const bitRateUnits: Readonly<Record<string, number>> = {
  'bit/s': 1,
  'kbit/s': 1e3,
  'Mbit/s': 1e6,
  'Gbit/s': 1e9,
  'Tbit/s': 1e12,
};

const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Bytes of a text such as `64MiB`, `1.5 GB` or `1000` (bytes). Throws `invalid-quantity`. */
export function parseByteSize(text: string): number {
  return parseQuantity(text, 'size', byteUnits, 'B', '64MiB');
}

/** Bits per second of a text such as `40Mbit/s`. Throws `invalid-quantity`. */
export function parseBitRate(text: string): number {
  return parseQuantity(text, 'rate', bitRateUnits, 'bit/s', '40Mbit/s');
}

/** Milliseconds of a text such as `30s` or `250ms`; a bare number does not say what it means. Throws `invalid-quantity`. */
export function parseDuration(text: string): number {
  return parseQuantity(text, 'duration', durationUnits, undefined, '30s');
}

/**
 * `1536` → `1.5 KiB`, `60_000_000` → `60 MB`: a number that is round in decimal units is most likely one that a person
 * stated so, and gets back as it was stated; where it is round in both, the one with fewer digits is taken.
 */
export function formatBytes(sizeBytes: number): string {
  const binary = formatBinary(sizeBytes);
  const decimal = formatRoundDecimal(sizeBytes);
  if (decimal === undefined) return binary.text;
  return binary.isExact && significantDigits(binary.text) < significantDigits(decimal)
    ? binary.text
    : decimal;
}

/** With at most 3 significant digits; undefined when that does not tell the whole number. */
function formatRoundDecimal(sizeBytes: number): string | undefined {
  if (sizeBytes < 1000 || Number(sizeBytes.toPrecision(3)) !== sizeBytes) return undefined;
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const index = Math.min(units.length - 1, Math.floor((String(sizeBytes).length - 1) / 3));
  return `${sizeBytes / 1000 ** index} ${units[index]}`;
}

function formatBinary(sizeBytes: number): { text: string; isExact: boolean } {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const text = formatScaled(sizeBytes, 1024, units);
  const [number, unit = ''] = text.split(' ');
  const scale = 1024 ** units.indexOf(unit);
  const hundredths = (sizeBytes / scale) * 100;
  // Quarters (1.25 GiB) are stated too, and need a second digit.
  if (Number.isInteger(hundredths)) return { text: `${hundredths / 100} ${unit}`, isExact: true };
  return { text, isExact: Number(number) * scale === sizeBytes };
}

const significantDigits = (text: string): number => text.replace(/\D/g, '').replace(/^0+|0+$/g, '').length;

/** `40_000_000` → `40 Mbit/s`. */
export function formatBitRate(rateBitsPerSecond: number): string {
  return formatScaled(rateBitsPerSecond, 1000, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s']);
}

function formatScaled(value: number, base: number, units: readonly string[]): string {
  let scaled = value;
  let index = 0;
  // 0.05 below the base, what would be printed as 1024.0 belongs to the next unit.
  while (Math.abs(scaled) >= base - 0.05 && index < units.length - 1) {
    scaled /= base;
    index += 1;
  }
  const digits = index === 0 ? String(value) : scaled.toFixed(1).replace(/\.0$/, '');
  return `${digits} ${units[index]}`;
}

function parseQuantity(
  text: string,
  kind: string,
  units: Readonly<Record<string, number>>,
  bareUnit: string | undefined,
  example: string,
): number {
  const [, integer = '', fraction = '', suffix = ''] = /^(\d+)(?:\.(\d+))?\s*(\S*)$/.exec(text.trim()) ?? [];
  const unit = suffix === '' ? bareUnit : suffix;
  const factor = unit !== undefined && Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (integer === '' || factor === undefined) {
    const message = `${JSON.stringify(text)} is no ${kind}; a number with one of ${Object.keys(units).join(', ')} is right, such as ${example}`;
    throw new FairhopError('invalid-quantity', message, { status: 400 });
  }
  // In whole numbers, so that 1.1kB is 1100 and not 1100.0000000000002.
  const scale = 10n ** BigInt(fraction.length);
  const product = BigInt(integer + fraction) * BigInt(factor);
  if (product % scale !== 0n || product / scale > BigInt(Number.MAX_SAFE_INTEGER)) {
    const what = product % scale === 0n ? 'is too large' : 'is not whole';
    const smallest = Object.keys(units)[0];
    const message = `${kind} ${text} ${what}; a whole number of ${smallest} up to ${Number.MAX_SAFE_INTEGER} is right`;
    throw new FairhopError('invalid-quantity', message, { status: 400 });
  }
  return Number(product / scale);
}
