import type { Command } from 'commander';

/** Keys and identifiers are base64url, so one in 64 begins with a dash; a mistyped option has small letters only. */
const dashedIdentifier = /^(?!--[a-z-]+$)-[\w-]{19,}$/;

/**
 * Moves identifiers that look like options behind `--`, so that a key can be given as it is printed. The values of
 * options, and arguments where the caller wrote `--`, stay where they are.
 */
export function protectIdentifiers(commands: readonly Command[], argv: readonly string[]): string[] {
  if (argv.includes('--')) return [...argv];
  const options = commands.flatMap((command) => command.options);
  const takesValue = new Set(
    options.filter((option) => option.required).flatMap(({ long, short }) => [long, short]),
  );
  const names = new Set(options.flatMap(({ long, short }) => [long, short]));
  const isMoved = (argument: string, position: number) =>
    dashedIdentifier.test(argument) && !names.has(argument) && !takesValue.has(argv[position - 1]);
  const stays = argv.filter((argument, position) => !isMoved(argument, position));
  return stays.length === argv.length ? stays : [...stays, '--', ...argv.filter(isMoved)];
}
