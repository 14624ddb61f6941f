import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { referencePages } from './pages.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

it('the reference is what the schemas say; `npm run reference` makes it anew', () => {
  for (const [name, text] of referencePages(root))
    expect(readFileSync(join(root, 'docs/reference', name), 'utf8'), name).toBe(text);
});

it('tells what every setting of a service is for', () => {
  const [, settings] = [...referencePages(root)].find(([name]) => name === 'configuration.md')!;
  const rows = settings.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows.length).toBeGreaterThan(40);
  const untold = rows.filter((row) => row.endsWith('|  |') && /^\| `[^`.]*`/.test(row));
  expect(untold).toEqual([]);
});
