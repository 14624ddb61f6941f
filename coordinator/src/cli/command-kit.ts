import { dataDirHelp } from '@fairhop/shared/service';
import { type Command, Option } from 'commander';

/** Options of every command that calls a coordinator. */
export interface CallOptions {
  readonly coordinator: string;
  readonly token?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
}

const coordinatorOption = (): Option =>
  new Option('--coordinator <url>', 'the coordinator’s base URL')
    .env('FAIRHOP_COORDINATOR')
    .default('http://127.0.0.1:4601');

/** Adds the options of `CallOptions`. */
export function addCallOptions(command: Command): Command {
  return command
    .addOption(coordinatorOption())
    .addOption(
      new Option('--token <token>', 'the operator’s token, or an API key of the owner or ISP').env(
        'FAIRHOP_TOKEN',
      ),
    )
    .addOption(new Option('--data-dir <dir>', dataDirHelp).env('FAIRHOP_DATA_DIR'))
    .option('--json', 'print one JSON document');
}

/** The group of that name, whichever part made it. */
export function group(parent: Command, name: string, description: string): Command {
  return (
    parent.commands.find((command) => command.name() === name) ??
    parent.command(name).description(description)
  );
}

/** An action whose module is loaded when it runs, so that `fairhop --help` starts at once. */
export const lazily =
  <Arguments extends unknown[]>(load: () => Promise<(...given: Arguments) => Promise<void>>) =>
  async (...given: Arguments): Promise<void> =>
    (await load())(...given);

/** For an option that may be given several times. */
export const collect = (value: string, before: readonly string[] | undefined): string[] => [
  ...(before ?? []),
  value,
];

/** Examples for the end of a command's help. */
export const example = (...lines: string[]): string =>
  `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
