import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FairhopError, fieldErrors, fromProblem, problemSchema, toProblem } from './errors.js';

const wrong = (schema: z.ZodType, value: unknown) => fieldErrors(schema.safeParse(value).error!, ['body']);

describe('a problem', () => {
  it('travels without loss', () => {
    const error = new FairhopError('revision-conflict', 'title x is at revision 3, not 2', {
      status: 409,
      errors: [{ path: 'body.revision', message: 'is old' }],
      details: { revision: 3 },
    });
    const problem = problemSchema.parse(JSON.parse(JSON.stringify(toProblem(error))));
    expect(problem).toMatchObject({
      type: 'https://fairhop.dev/problems/revision-conflict',
      title: 'Revision conflict',
      detail: error.message,
    });
    expect(fromProblem(problem)).toEqual(error);
  });

  it.each([new Error('/home/x is gone'), new FairhopError('disk', '/home/x is gone'), 'text', undefined])(
    'tells nothing of %s, which is nobody else’s business',
    (error) => {
      const problem = toProblem(error);
      expect(problem).toMatchObject({ status: 500, code: 'internal' });
      expect(JSON.stringify(problem)).not.toContain('/home/x');
    },
  );
});

describe('fieldErrors', () => {
  it('names unknown keys and wrong items by their path', () => {
    const schema = z.strictObject({ list: z.array(z.object({ size: z.int() })) });
    expect(wrong(schema, { list: [{ size: 1 }, { size: 'x' }], extra: 1 })).toEqual([
      { path: 'body.list.1.size', message: expect.stringContaining('expected number') },
      { path: 'body.extra', message: expect.stringContaining('not known') },
    ]);
  });

  it('names the wrong field of the variant that came closest', () => {
    const schema = z.object({ of: z.union([z.string(), z.object({ size: z.int() })]) });
    expect(wrong(schema, { of: { size: 'x' } })).toMatchObject([{ path: 'body.of.size' }]);
    expect(wrong(schema, { of: true })).toMatchObject([{ path: 'body.of' }]);
  });
});
