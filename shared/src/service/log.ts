import { type DestinationStream, destination, type Level, type Logger, pino } from 'pino';
import { shortAddress } from './short-address.js';

export type LogLevel = Level | 'silent';

/** Names of fields that never reach a log, at the top and two objects deep. */
const secretFieldNames = [
  'authorization',
  'cookie',
  'token',
  'operatorToken',
  'joinToken',
  'apiKey',
  'secret',
  'password',
  'privateKey',
];

const addressFieldNames = ['address', 'remoteAddress', 'localAddress', 'ip'];

/**
 * A log of JSON lines on standard error (standard output belongs to data). Secrets are left out. Addresses in the
 * fields `address`, `remoteAddress`, `localAddress` and `ip` are shortened to their network unless the level is `debug`
 * or `trace`.
 */
export function createLog(
  { name, level }: { name: string; level: LogLevel },
  // Synchronous, so that the last line before a crash is there.
  stream: DestinationStream = destination({ fd: 2, sync: true }),
): Logger {
  const tellsAddresses = level === 'debug' || level === 'trace';
  const shorten = (value: unknown): unknown => (typeof value === 'string' ? shortAddress(value) : value);
  return pino(
    {
      name,
      level,
      base: { name },
      redact: secretFieldNames.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
      serializers: tellsAddresses
        ? {}
        : Object.fromEntries(addressFieldNames.map((field) => [field, shorten])),
    },
    stream,
  );
}

export type { Logger };
