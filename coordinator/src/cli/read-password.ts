import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { FairhopError } from '@fairhop/shared/model';

/** A person types for some minutes at most. */
const TIMEOUT_MS = 5 * 60_000;

/**
 * FAIRHOP_PASSWORD, else a line of standard input, which a terminal does not show. Never an argument: those show in process lists.
 * Throws `password-missing`.
 */
export async function readPassword(prompt: string, variable = 'FAIRHOP_PASSWORD'): Promise<string> {
  const given = process.env[variable];
  if (given !== undefined && given !== '') return given;
  const isTerminal = process.stdin.isTTY === true;
  if (isTerminal) process.stderr.write(prompt);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: isTerminal });
  try {
    const password = await Promise.race([
      lines.question('', { signal: AbortSignal.timeout(TIMEOUT_MS) }),
      new Promise<string>((resolve) => {
        lines.once('close', () => resolve(''));
      }),
    ]);
    if (password !== '') return password;
  } finally {
    lines.close();
    if (isTerminal) process.stderr.write('\n');
  }
  const message = `no password was given; type it, give it on standard input, or in ${variable}`;
  throw new FairhopError('password-missing', message, { status: 400 });
}
