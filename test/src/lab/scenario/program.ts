import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { internet } from '../internet.js';
import { runScenario } from './run-scenario.js';
import { createStory } from './story.js';

// The part of the lab that runs inside the CDN's network, where the services can be reached. Argument: the directory of the running
// internet, into which the report goes.

const [directory] = process.argv.slice(2) as [string];
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
try {
  const story = createStory(process.stderr);
  const report = await runScenario({ internet, directory, story, signal: stopping.signal });
  await writeFile(join(directory, 'report.json'), JSON.stringify(report, null, 2));
} catch (error) {
  if (!stopping.signal.aborted)
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}
