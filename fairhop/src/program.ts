import { registerAccountingCommands } from '@fairhop/accounting/cli';
import { registerClientAgentCommands } from '@fairhop/client-agent/cli';
import { registerCoordinatorCommands } from '@fairhop/coordinator/cli';
import { registerEdgeCommands } from '@fairhop/edge/cli';
import { Command } from 'commander';
import { registerDemoCommand } from './demo/command.js';
import { registerUpCommand } from './up/command.js';

const FIRST_STEPS = `
First steps:
  $ fairhop demo                                   see the whole idea work on this machine, in about a minute
  $ fairhop up                                     coordinator, accounting and one edge in one process
  $ fairhop owner add moviestudio                  in another terminal, in the same directory
  $ fairhop publish film.mp4 --owner moviestudio   hash and publish a title
  $ fairhop get URL -o film.mp4                    download it, from edges and peers
  $ fairhop query bytes --leaves SP1 --enters SP2 --hours 18:00-00:00 --tz Europe/London

Exit codes: 0 ok, 1 failure, 2 wrong usage or input, 3 not found, 4 not permitted, 5 unavailable or time-out,
6 conflict or in use, 130 interrupted. Data goes to standard output, everything else to standard error.`;

/** The one command, with the commands of every part. */
export const createProgram = (): Command => {
  const program = new Command('fairhop')
    .description(
      'Peer-assisted content delivery in which every network that carries the bytes permits it and is accounted for',
    )
    .version('0.1.0')
    .addHelpText('after', FIRST_STEPS);
  registerDemoCommand(program);
  registerUpCommand(program);
  registerClientAgentCommands(program);
  registerCoordinatorCommands(program);
  registerEdgeCommands(program);
  registerAccountingCommands(program);
  return program;
};
