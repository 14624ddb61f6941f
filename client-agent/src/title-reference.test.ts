import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTitleReference } from './title-reference.js';

describe('a title reference', () => {
  it('is a title, a landing URL or a content id', () => {
    expect(parseTitleReference('studio/big-film')).toEqual({ title: 'studio/big-film' });
    expect(parseTitleReference(' http://127.0.0.1:4601/t/studio/big-film ')).toEqual({
      title: 'studio/big-film',
      coordinatorUrl: 'http://127.0.0.1:4601',
    });
    expect(parseTitleReference('ab'.repeat(32))).toEqual({ contentId: 'ab'.repeat(32) });
  });

  it.each([
    '',
    'film',
    'Studio/Film',
    '../etc/passwd',
    'http://host/studio/film',
    'ftp://host/t/studio/film',
    'http://host/t/a/b/c',
    'http://host/t/%zz/b',
  ])('is not %j', (text) => {
    expect(() => parseTitleReference(text)).toThrow(
      expect.objectContaining({ code: 'title-reference-invalid' }),
    );
  });

  it('never fails in another way', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          parseTitleReference(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'title-reference-invalid' });
        }
      }),
    );
  });
});
