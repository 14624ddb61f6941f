import type { Random } from './random.js';

/** Values at the edges of what numbers, lengths and texts may be, and ones that are dangerous where they are trusted. */
const STRANGE_TEXTS: readonly string[] = [
  ...[
    '',
    ' ',
    '0',
    '-1',
    'null',
    '__proto__',
    'constructor',
    '\0',
    '\ud800',
    '\u202e',
    '😀',
    '../../etc/passwd',
  ],
  ...['a'.repeat(300), 'A'.repeat(43), 'A'.repeat(86), 'f'.repeat(64), '::', '::ffff:127.0.0.1', '0.0.0.0/0'],
  ...['00000000-0000-4000-8000-000000000000', '1e9', 'Infinity', "' OR 1=1 --", '%2e%2e', '<script>'],
];
const STRANGE: readonly unknown[] = [
  ...STRANGE_TEXTS,
  ...[null, true, false, 0, -0, -1, 1, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), 1e308, 5e-324],
  ...[[], {}, [[]], [null], { type: 'hello' }, { length: 1 }, { toString: 1 }],
  // Of a JSON text it is a key as others.
  JSON.parse('{"__proto__":{"type":"hello"}}'),
];

const BYTES = [0, 1, 0x7f, 0x80, 0xff];

/** Cuts, lengthens, overwrites, repeats or swaps some of the bytes. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let result = Uint8Array.from(bytes);
  for (let times = 1 + random.below(3); times > 0; times -= 1) {
    const at = random.below(result.length + 1);
    switch (random.below(6)) {
      case 0:
        result = result.slice(0, at);
        break;
      case 1:
        result = concat(result, random.bytes(random.below(24)));
        break;
      case 2:
        if (at < result.length) result[at] = random.pick(BYTES);
        break;
      case 3:
        if (at < result.length) result[at] = result[at]! ^ (1 << random.below(8));
        break;
      case 4:
        result = concat(result.subarray(0, at), random.bytes(1 + random.below(8)), result.subarray(at));
        break;
      default:
        for (let index = at; index < Math.min(at + 4, result.length); index += 1)
          result[index] = random.below(256);
    }
  }
  return result;
}

/** As `mutateBytes`, of a text's characters. */
export function mutateText(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  switch (random.below(5)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + String.fromCharCode(random.below(0x3000)) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + text.slice(random.below(text.length + 1));
    case 3:
      return text + text.slice(at);
    default:
      return text.slice(0, at) + random.pick(STRANGE_TEXTS) + text.slice(at);
  }
}

/**
 * A JSON value with something wrong somewhere in it: a part replaced, removed, added, wrapped or changed a little.
 * `others` are further values to put in.
 */
export function mutateJson(value: unknown, random: Random, others: readonly unknown[] = []): unknown {
  const strange = (): unknown =>
    others.length > 0 && random.chance(0.5) ? random.pick(others) : random.pick(STRANGE);
  if (typeof value !== 'object' || value === null || random.chance(0.08)) {
    if (typeof value === 'string' && random.chance(0.5)) return mutateText(value, random);
    if (typeof value === 'number' && random.chance(0.5)) {
      return random.pick([value + 1, value - 1, -value, value * 1e6, value + 0.1, String(value)]);
    }
    return random.chance(0.1) ? [value] : strange();
  }
  if (Array.isArray(value)) {
    const at = random.below(value.length + 1);
    if (value.length === 0 || random.chance(0.2)) return [...value, strange()];
    if (random.chance(0.1)) return value.filter((_, index) => index !== at);
    return value.map((item, index) =>
      index === at % value.length ? mutateJson(item, random, others) : item,
    );
  }
  const entries = Object.entries(value);
  const key = entries.length > 0 ? random.pick(entries)[0] : '';
  const choice = random.below(10);
  if (choice === 0) return Object.fromEntries(entries.filter(([name]) => name !== key));
  if (choice === 1) return Object.fromEntries([...entries, [random.pick(STRANGE_TEXTS), strange()]]);
  return Object.fromEntries(
    entries.map(([name, inner]) => [name, name === key ? mutateJson(inner, random, others) : inner]),
  );
}

/** Texts that are no JSON, or JSON that is hard on who reads it. */
export function brokenJson(valid: string, random: Random): string {
  switch (random.below(5)) {
    case 0:
      return mutateText(valid, random);
    case 1:
      return '['.repeat(1 + random.below(5_000));
    case 2:
      return `${'{"a":'.repeat(1 + random.below(2_000))}1`;
    case 3:
      return Buffer.from(mutateBytes(Buffer.from(valid), random)).toString('latin1');
    default:
      return `{"__proto__":{"type":"hello"},"type":${JSON.stringify(random.pick(STRANGE))}}`;
  }
}

function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}
