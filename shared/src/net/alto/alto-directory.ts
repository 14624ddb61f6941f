import type { z } from 'zod';
import { type altoDirectorySchema, altoMediaType } from '../../model/alto.js';
import { FairhopError } from '../../model/errors.js';

type AltoDirectory = z.output<typeof altoDirectorySchema>;

/**
 * Where a server's default network map is, and the whole map of routing costs for it; numerical costs rather than ordinal ones,
 * which say less. Relative URIs are resolved against the directory's own.
 * Throws FairhopError `alto-directory-incomplete` (422) when it names no such maps.
 */
export function findAltoMaps(
  directory: AltoDirectory,
  directoryUrl: string,
): { readonly networkMapUrl: string; readonly costMapUrl: string } {
  const { 'cost-types': costTypes, 'default-alto-network-map': defaultMap } = directory.meta;
  const resources = Object.entries(directory.resources);
  const networkMaps = resources.filter(([, resource]) => resource['media-type'] === altoMediaType.networkMap);
  // A filtered one takes a request with parameters.
  const whole = networkMaps.filter(([, resource]) => resource.accepts === undefined);
  const [networkMapId, networkMap] =
    whole.find(([id]) => id === defaultMap) ?? (whole.length === 1 ? whole[0]! : []);
  if (networkMapId === undefined || networkMap === undefined) {
    throw incomplete(directoryUrl, 'no default network map');
  }
  const costMapOf = (mode: string): string | undefined =>
    resources.find(
      ([, resource]) =>
        resource['media-type'] === altoMediaType.costMap &&
        resource.accepts === undefined &&
        resource.uses.includes(networkMapId) &&
        // A whole cost map is of one cost type (RFC 7285 section 11.2.3.4).
        resource.capabilities?.['cost-type-names'].some((name) => {
          const type = Object.hasOwn(costTypes, name) ? costTypes[name] : undefined;
          return type?.['cost-metric'] === 'routingcost' && type['cost-mode'] === mode;
        }),
    )?.[1].uri;
  const costMapUri = costMapOf('numerical') ?? costMapOf('ordinal');
  if (costMapUri === undefined) {
    throw incomplete(directoryUrl, `no cost map of routingcost that uses network map ${networkMapId}`);
  }
  return {
    networkMapUrl: resolve(networkMap.uri, directoryUrl),
    costMapUrl: resolve(costMapUri, directoryUrl),
  };
}

function resolve(uri: string, base: string): string {
  const url = URL.canParse(uri, base) ? new URL(uri, base) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href;
  throw incomplete(base, `a map at ${JSON.stringify(uri.slice(0, 100))}, which is no http or https URL`);
}

const incomplete = (directoryUrl: string, what: string): FairhopError =>
  new FairhopError('alto-directory-incomplete', `the ALTO directory at ${directoryUrl} names ${what}`, {
    status: 422,
  });
