import { type Command, CommanderError, InvalidArgumentError } from 'commander';
import { FairhopError } from '../model/errors.js';
import { protectIdentifiers } from './operands.js';
import { printable } from './table.js';

/** Exit codes of every command. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  /** Wrong usage, or input that its schema refuses. */
  invalidInput: 2,
  notFound: 3,
  notPermitted: 4,
  /** A service that cannot be reached or takes too long. */
  unavailable: 5,
  /** Something is there already, changed meanwhile, or is in use. */
  conflict: 6,
  interrupted: 130,
} as const;

const exitCodeByStatus: Readonly<Record<number, number>> = {
  400: exitCodes.invalidInput,
  401: exitCodes.notPermitted,
  403: exitCodes.notPermitted,
  404: exitCodes.notFound,
  408: exitCodes.unavailable,
  409: exitCodes.conflict,
  410: exitCodes.notFound,
  412: exitCodes.conflict,
  413: exitCodes.invalidInput,
  415: exitCodes.invalidInput,
  422: exitCodes.invalidInput,
  423: exitCodes.conflict,
  429: exitCodes.unavailable,
  502: exitCodes.unavailable,
  503: exitCodes.unavailable,
  504: exitCodes.unavailable,
};

const exitCodeByCode: Readonly<Record<string, number>> = {
  interrupted: exitCodes.interrupted,
  aborted: exitCodes.interrupted,
};

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof FairhopError)) return exitCodes.failure;
  return exitCodeByCode[error.code] ?? exitCodeByStatus[error.status ?? 0] ?? exitCodes.failure;
}

export interface CliStreams {
  out: { write(text: string): unknown };
  error: { write(text: string): unknown };
}

/**
 * Runs a program with the arguments after the command's name, and resolves to the exit code. Handlers just throw:
 * a FairhopError becomes the one line `fairhop: <message> [code]` on standard error.
 */
export async function runProgram(
  program: Command,
  argv: readonly string[],
  streams: CliStreams = { out: process.stdout, error: process.stderr },
): Promise<number> {
  if (streams.out === process.stdout) process.stdout.once('error', endOnClosedPipe);
  const commands = withSubcommands(program);
  for (const command of commands) {
    command.exitOverride().configureOutput({
      writeOut: (text) => streams.out.write(text),
      writeErr: (text) => streams.error.write(text),
      outputError: (text, write) => write(errorLine(text.replace(/^error: /, ''), 'wrong-usage')),
    });
  }
  try {
    await program.parseAsync(protectIdentifiers(commands, argv), { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.invalidInput;
    if (error instanceof FairhopError) streams.error.write(errorLine(error.message, error.code));
    // Anything else is a mistake of ours, and the place where it happened is what helps.
    else
      streams.error.write(
        errorLine(error instanceof Error ? (error.stack ?? error.message) : String(error), 'internal'),
      );
    return exitCodeOf(error);
  }
}

/** Makes `parseByteSize` and the like the parser of an option, so that a wrong value names the option. */
export function optionParser<Value>(parse: (text: string) => Value): (text: string) => Value {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof FairhopError) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };
}

/** Writes one JSON document. */
export function printJson(value: unknown, out: CliStreams['out'] = process.stdout): void {
  out.write(`${JSON.stringify(value, null, 2)}\n`);
}

function errorLine(message: string, code: string): string {
  return `fairhop: ${message
    .trim()
    .split(/\s*\n\s*/)
    .map(printable)
    .join(' ')} [${code}]\n`;
}

/** The reader of a pipe had enough (`| head`): nothing is wrong. */
function endOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(exitCodes.ok);
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}
