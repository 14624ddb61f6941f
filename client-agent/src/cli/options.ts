import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { FairhopError } from '@fairhop/shared/model';
import {
  createLog,
  type Logger,
  type LogLevel,
  loadConfig,
  parseBitRate,
  parseByteSize,
} from '@fairhop/shared/service';
import { type AgentConfig, agentConfigSchema } from '../agent-config.js';
import { parseTitleReference } from '../title-reference.js';

/** Options that `get` and `agent` share, as commander gives them. */
export interface SharedOptions {
  coordinator?: string;
  dataDir?: string;
  config?: string;
  bind?: string;
  downloadRate?: string;
  uploadRate?: string;
  monthlyCap?: string;
  diskBudget?: string;
  permit?: string;
  consent?: boolean;
  hours?: string;
  timeZone?: string;
  logLevel: string;
}

/** Where an agent keeps its data unless told otherwise. */
export function defaultDataDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (process.platform === 'win32') return join(env['LOCALAPPDATA'] ?? homedir(), 'fairhop', 'agent');
  if (process.platform === 'darwin')
    return join(homedir(), 'Library', 'Application Support', 'fairhop', 'agent');
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'fairhop', 'agent');
}

/** The agent's configuration from file, environment and options. @throws `invalid-config`, `invalid-quantity` … */
export function agentConfigOf(options: SharedOptions, reference?: string): AgentConfig {
  const named = reference === undefined ? undefined : parseTitleReference(reference);
  const landing = named && 'coordinatorUrl' in named ? named.coordinatorUrl : undefined;
  const environment = process.env['FAIRHOP_AGENT_DATA_DIRECTORY'];
  const { config } = loadConfig({
    schema: agentConfigSchema,
    name: 'agent',
    file: options.config,
    env: process.env,
    flags: {
      coordinatorUrl: options.coordinator ?? landing ?? process.env['FAIRHOP_COORDINATOR'],
      dataDirectory:
        options.dataDir ??
        (environment === undefined && options.config === undefined ? defaultDataDirectory() : undefined),
      bindAddress: options.bind,
      downloadRateBitsPerSecond: quantity('download-rate', options.downloadRate, parseBitRate),
      uploadRateBitsPerSecond: quantity('upload-rate', options.uploadRate, parseBitRate),
      monthlyUploadBytes: quantity('monthly-cap', options.monthlyCap, parseByteSize),
      diskBudgetBytes: quantity('disk-budget', options.diskBudget, parseByteSize),
      permitToken: options.permit === undefined ? undefined : readPermit(options.permit),
      consent: options.consent,
      uploadHours: options.hours === undefined ? undefined : hoursOf(options.hours, options.timeZone),
    },
  });
  return config;
}

export function logOf({ logLevel }: Pick<SharedOptions, 'logLevel'>): Logger {
  const levels: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
  if (levels.includes(logLevel)) return createLog({ name: 'agent', level: logLevel as LogLevel });
  throw invalid(`--log-level ${logLevel} is not known; one of ${levels.join(', ')} is right`);
}

function quantity(
  name: string,
  text: string | undefined,
  parse: (text: string) => number,
): number | undefined {
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch (error) {
    throw error instanceof FairhopError
      ? new FairhopError(error.code, `--${name}: ${error.message}`, { status: 400 })
      : error;
  }
}

function readPermit(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw invalid(
      `--permit ${file} cannot be read (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}

function hoursOf(text: string, timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone): object {
  const [, from, to] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(text) ?? [];
  if (from === undefined || to === undefined)
    throw invalid(`--hours ${text} is no span; HH:MM-HH:MM such as 22:00-06:00 is right`);
  return { from, to, timeZone };
}

const invalid = (message: string): FairhopError =>
  new FairhopError('invalid-option', message, { status: 400 });
