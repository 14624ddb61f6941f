import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EdgeConfig } from '../config.js';

/** Lets a child read the house's TypeScript sources without a build. */
const loader = `
import { readFile } from 'node:fs/promises';
import ts from ${JSON.stringify(import.meta.resolve('typescript'))};
export const resolve = (specifier, context, next) =>
  next(context.parentURL?.endsWith('.ts') ? specifier.replace(/^(\\.\\.?\\/.*)\\.js$/, '$1.ts') : specifier, context);
export const load = async (url, context, next) => {
  if (!url.endsWith('.ts')) return next(url, context);
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true };
  const { outputText } = ts.transpileModule(await readFile(new URL(url), 'utf8'), { compilerOptions });
  return { format: 'module', source: outputText, shortCircuit: true };
};`;

export interface EdgeProcess {
  readonly url: string;
  /** SIGKILL: nothing of the process gets to run. */
  kill(): Promise<void>;
}

export async function spawnEdge(directory: string, config: EdgeConfig): Promise<EdgeProcess> {
  const hooks = join(directory, 'loader.mjs');
  await writeFile(hooks, loader);
  const register = `data:text/javascript,import{register}from'node:module';register(${JSON.stringify(`file://${hooks}`)})`;
  const program = fileURLToPath(new URL('./edge-process.ts', import.meta.url));
  const child: ChildProcess = spawn(
    process.execPath,
    ['--conditions', 'fairhop-source', '--import', register, program, JSON.stringify(config)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  const lines = createInterface({ input: child.stdout! });
  const first = await Promise.race([once(lines, 'line'), exited]);
  if (typeof first[0] !== 'string' || !first[0].startsWith('http'))
    throw new Error('the edge process did not start');
  return { url: first[0], kill };
}
