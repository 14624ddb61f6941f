import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FairhopError } from '@fairhop/shared/model';

const COMMAND = fileURLToPath(new URL('../../../bin/fairhop', import.meta.url));
const TIMEOUT_MS = 120_000;
/** A listing or a title; nothing that the demo asks for is larger. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

export interface CommandEnvironment {
  readonly coordinatorUrl: string;
  readonly accountingUrl: string;
  readonly token: string;
}

/**
 * Runs the same command that a user would type, with `--json`, and gives the document that it printed, if any.
 * @throws FairhopError `command-failed` with what the command said
 */
export const runCommand = async (
  words: readonly string[],
  { coordinatorUrl, accountingUrl, token }: CommandEnvironment,
  signal: AbortSignal,
): Promise<unknown> => {
  const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, ...words, '--json'], {
    timeout: TIMEOUT_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
    signal,
    env: {
      PATH: process.env['PATH'],
      FAIRHOP_COORDINATOR: coordinatorUrl,
      FAIRHOP_ACCOUNTING: accountingUrl,
      FAIRHOP_TOKEN: token,
    },
  }).catch((cause: Error & { stderr?: string }) => {
    throw new FairhopError(
      'command-failed',
      `fairhop ${words.join(' ')}: ${cause.stderr?.trim().replace(/^fairhop: /, '') || cause.message}`,
      { cause },
    );
  });
  return stdout === '' ? undefined : JSON.parse(stdout);
};
