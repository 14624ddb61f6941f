import { expect, it } from 'vitest';
import { formatCsv } from './csv.js';

it('quotes what would break a line or a cell', () => {
  expect(
    formatCsv([
      ['a', 'b'],
      ['x,y', 1],
      ['say "no"', null],
      ['two\nlines', -5],
    ]),
  ).toBe('a,b\r\n"x,y",1\r\n"say ""no""",\r\n"two\nlines",-5\r\n');
});
