import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { referencePages } from './pages.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const directory = join(root, 'docs/reference');
mkdirSync(directory, { recursive: true });
for (const [name, text] of referencePages(root)) {
  writeFileSync(join(directory, name), text);
  console.log(`docs/reference/${name}`);
}
