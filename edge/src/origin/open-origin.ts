import type { Origin as OriginLocation } from '@fairhop/shared/model';
import { createDirectoryOrigin } from './directory-origin.js';
import { createHttpOrigin } from './http-origin.js';
import { type Origin, originError } from './origin.js';

export interface OriginConfig {
  originDirectory?: string | undefined;
  originTimeoutMs: number;
}

/** The origin that a title names. Throws `origin-not-configured`. */
export function openOrigin(location: OriginLocation, sizeBytes: number, config: OriginConfig): Origin {
  if (location.kind === 'http') {
    return createHttpOrigin({ url: location.url, sizeBytes, timeoutMs: config.originTimeoutMs });
  }
  if (config.originDirectory === undefined) {
    const message = `${location.path} is in an origin directory, and this edge has none; start it with --origin-directory`;
    throw originError('origin-not-configured', message);
  }
  return createDirectoryOrigin({ directory: config.originDirectory, path: location.path, sizeBytes });
}
