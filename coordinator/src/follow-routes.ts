import { type Clock, createRibFollower, type Logger, type Service } from '@fairhop/shared/service';
import type { CoordinatorConfig } from './config.js';
import type { NetworkMap } from './network-map.js';

/** Gives the routes of RIB dumps to the network map, now and whenever a dump is written. */
export function followRoutes(
  { ribSources, ribCheckIntervalMs }: Pick<CoordinatorConfig, 'ribSources' | 'ribCheckIntervalMs'>,
  { networks, clock, log }: { networks: NetworkMap; clock: Clock; log: Logger },
): Service {
  return createRibFollower(
    { sources: ribSources, checkIntervalMs: ribCheckIntervalMs },
    {
      onChange(history) {
        networks.replaceRoutes(history.at(clock.nowMs()));
        log.info('other routes of RIB dumps are in use');
      },
      onRefused: (error) =>
        log.error({ err: error }, 'a RIB dump is not right; the routes before it stay in use'),
      // One that is in the AS graph is the operator's own.
      allowPrivate: (asn) => networks.graph().autonomousSystem(asn) !== undefined,
      now: () => clock.nowMs(),
    },
  );
}
