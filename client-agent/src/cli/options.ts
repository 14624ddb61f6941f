import { readFileSync } from 'node:fs';
import { FairhopError } from '@fairhop/shared/model';
import {
  createLog,
  type LoadedConfig,
  type Logger,
  type LogLevel,
  loadConfig,
  parseBitRate,
  parseByteSize,
} from '@fairhop/shared/service';
import { type AgentConfig, agentConfigSchema } from '../agent-config.js';
import { parseTitleReference } from '../title-reference.js';
import { defaultDataDirectory } from './default-data-directory.js';

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
  traceroute?: boolean;
  hours?: string;
  timeZone?: string;
  logLevel: string;
  printConfig?: boolean;
}

/**
 * The agent's configuration from file, environment and options; `reference` is a title, whose landing URL may name the
 * coordinator. @throws `invalid-config`, `invalid-quantity` …
 */
export function loadAgentConfig(options: SharedOptions, reference?: string): LoadedConfig<AgentConfig> {
  const coordinator = coordinatorOf(options, reference);
  const hours = options.hours === undefined ? undefined : hoursOf(options.hours);
  return loadConfig({
    schema: agentConfigSchema.extend({
      dataDirectory: agentConfigSchema.shape.dataDirectory.default(defaultDataDirectory()),
    }),
    name: 'agent',
    file: options.config,
    env: process.env,
    flags: {
      coordinatorUrl: coordinator.url,
      dataDirectory: options.dataDir,
      bindAddress: options.bind,
      downloadRateBitsPerSecond: quantity('download-rate', options.downloadRate, parseBitRate),
      uploadRateBitsPerSecond: quantity('upload-rate', options.uploadRate, parseBitRate),
      monthlyUploadBytes: quantity('monthly-cap', options.monthlyCap, parseByteSize),
      diskBudgetBytes: quantity('disk-budget', options.diskBudget, parseByteSize),
      permitToken: options.permit === undefined ? undefined : readPermit(options.permit),
      consent: options.consent,
      // Commander sets an option of the form --no-… to true where it is not given.
      'tracing.enabled': options.traceroute === false ? false : undefined,
      'uploadHours.from': hours?.from,
      'uploadHours.to': hours?.to,
      'uploadHours.timeZone': options.timeZone ?? (hours && Intl.DateTimeFormat().resolvedOptions().timeZone),
    },
    flagNames: {
      coordinatorUrl: coordinator.name,
      dataDirectory: '--data-dir',
      bindAddress: '--bind',
      downloadRateBitsPerSecond: '--download-rate',
      uploadRateBitsPerSecond: '--upload-rate',
      monthlyUploadBytes: '--monthly-cap',
      diskBudgetBytes: '--disk-budget',
      permitToken: '--permit',
      'tracing.enabled': '--no-traceroute',
      'uploadHours.from': '--hours',
      'uploadHours.to': '--hours',
      'uploadHours.timeZone': options.timeZone === undefined ? '--hours' : '--time-zone',
    },
  });
}

function coordinatorOf(
  options: SharedOptions,
  reference: string | undefined,
): { url: string | undefined; name: string } {
  if (options.coordinator !== undefined) return { url: options.coordinator, name: '--coordinator' };
  const named = reference === undefined ? undefined : parseTitleReference(reference);
  if (named && 'coordinatorUrl' in named)
    return { url: named.coordinatorUrl, name: '--coordinator (by the landing URL)' };
  return { url: process.env['FAIRHOP_COORDINATOR'], name: '--coordinator (by FAIRHOP_COORDINATOR)' };
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

function hoursOf(text: string): { from: string; to: string } {
  const [, from, to] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(text) ?? [];
  if (from === undefined || to === undefined)
    throw invalid(`--hours ${text} is no span; HH:MM-HH:MM such as 22:00-06:00 is right`);
  return { from, to };
}

const invalid = (message: string): FairhopError =>
  new FairhopError('invalid-option', message, { status: 400 });
