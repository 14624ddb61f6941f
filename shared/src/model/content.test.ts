import { describe, expect, it } from 'vitest';
import { fileNameSchema, titleSchema } from './content.js';

describe('a file name', () => {
  it.each(['film.mp4', '..film', 'a b (1).bin', 'ümläut 映画.mkv', `${'x'.repeat(251)}.mp4`])(
    'may be %j',
    (name) => {
      expect(fileNameSchema.safeParse(name).success).toBe(true);
    },
  );

  it.each([
    '',
    '.',
    '..',
    'a/b',
    'a\\b',
    'a\0b',
    'line\nbreak',
    'return\r',
    '\u001b[31mred',
    'del\u007f',
    'c1\u0085',
    'gpj.\u202eexe',
    'line\u2028separator',
    'x'.repeat(256),
    'ü'.repeat(128),
  ])('may not be %j', (name) => {
    expect(fileNameSchema.safeParse(name).success).toBe(false);
  });
});

describe('metadata of a title', () => {
  const metadataOf = (entries: number) =>
    Object.fromEntries(Array.from({ length: entries }, (_, index) => [`key${index}`, 'value']));

  it('has a bound', () => {
    const { metadata } = titleSchema.shape;
    expect(metadata.safeParse(metadataOf(32)).success).toBe(true);
    expect(metadata.safeParse(metadataOf(33)).success).toBe(false);
  });
});
