import type { Command } from 'commander';
import { describeDefaultDataDirectory } from './default-data-directory.js';

/** Adds `get`, `agent` and `status`. What they need is loaded when one of them runs. */
export function registerClientAgentCommands(program: Command): void {
  shared(program.command('get'))
    .description('download a title from edges and peers, verified')
    .argument('<title>', 'owner/name, a landing URL (http://host/t/owner/name) or a content id')
    .option('-o, --output <file>', "file to write (default: the title's file name, here)")
    .option('--force', 'replace a file in the way')
    .option('--in-order', 'from the start to the end, for playing while downloading')
    .option('--keep-seeding', 'go on uploading afterwards, until interrupted')
    .option('--json', 'print one JSON document on standard output')
    .addHelpText(
      'after',
      `
Examples:
  fairhop get moviestudio/big-film
  fairhop get http://127.0.0.1:4601/t/moviestudio/big-film -o film.mp4 --download-rate 50Mbit/s

A download that was interrupted goes on from what is verified on disk. Where an agent runs already on the
data directory, it does the download.`,
    )
    .action(async (title: string, options: object) => (await import('./get.js')).get(title, options));

  shared(program.command('agent'))
    .description('run in the background: keep what was downloaded and upload it where that is permitted')
    .option('--get <title>', 'download a title (may be repeated)', collect, [])
    .option('--in-order', 'download from the start to the end')
    .option('--hours <from-to>', 'hours for uploading, for example 22:00-06:00 (of --time-zone)')
    .option('--tz, --time-zone <zone>', 'IANA time zone of --hours (default: that of this machine)')
    .option('--json', 'print events on standard output, one JSON document a line')
    .addHelpText(
      'after',
      `
Examples:
  fairhop agent --consent --upload-rate 10Mbit/s
  fairhop agent --consent --permit permit.jwt --hours 22:00-06:00 --get moviestudio/big-film

Events with --json: ready, offline, connected, uploads, progress, downloaded, failed, stopped.
Uploads happen only if all hold: --consent; not on battery or a metered link; within --hours, --upload-rate and
--monthly-cap; the permit of the ISP; the owner of the title. "fairhop status" tells which does not.`,
    )
    .action(async (options: object) => (await import('./agent.js')).agent(options));

  program
    .command('status')
    .description(
      'what the agent holds, what it uploaded to whom this month, and why it is or is not uploading',
    )
    .option(
      '--data-dir <directory>',
      `data directory of the agent (default: ${describeDefaultDataDirectory()})`,
    )
    .option('--json', 'print one JSON document on standard output')
    .addHelpText('after', '\nExamples:\n  fairhop status\n  fairhop status --json | jq .upload.reasons')
    .action(async (options: object) => (await import('./status.js')).status(options));
}

function shared(command: Command): Command {
  return command
    .option(
      '--coordinator <url>',
      'base URL of the coordinator (default: that of a landing URL, FAIRHOP_COORDINATOR, or http://127.0.0.1:4601)',
    )
    .option(
      '--data-dir <directory>',
      `identity, contents and reports; one process at a time (default: ${describeDefaultDataDirectory()})`,
    )
    .option('--config <file>', 'configuration as JSON; FAIRHOP_AGENT_* and options go before it')
    .option('--bind <address>', 'address of this machine to use for everything')
    .option('--download-rate <rate>', 'for example 50Mbit/s (default: unlimited)')
    .option('--upload-rate <rate>', 'for example 10Mbit/s (default: 5Mbit/s)')
    .option('--monthly-cap <size>', 'bytes uploaded in a calendar month (default: 20GB)')
    .option('--disk-budget <size>', 'bytes of content kept on disk (default: 50GB)')
    .option('--permit <file>', 'permit (JWT) that your ISP gave you')
    .option('--consent', 'agree to upload what you hold to others')
    .option('--no-consent', 'never upload (the default)')
    .option('--no-traceroute', 'never trace the way to those who download from this agent')
    .option('--print-config', 'print every setting and where it comes from, and end')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent', 'warn');
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
