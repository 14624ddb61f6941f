import { accountingEndpoints as endpoints } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { type Authenticator, type HttpApp, route } from '@fairhop/shared/service';
import type { Reading } from '../reading/index.js';
import { componentName } from './component-name.js';
import type { Networks } from './networks.js';
import { segmentsOf } from './object-segments.js';
import { readObjectBytes } from './read-object-bytes.js';

interface ObjectRoutesDependencies {
  readonly networks: Networks;
  readonly auth: Authenticator;
  readonly read: <Result>(begin: () => Reading<Result>) => Promise<Result>;
}

/** 10,000 components of the longest ids that there are are 6 MB; usual ones a tenth. */
const MAX_OBJECT_BYTES = 8 * 1024 * 1024;
/** The latest instant of a Date: the end of what is not over. */
const END_OF_TIME_MS = 8_640_000_000_000_000;

/** Accounting objects: the operator's. */
export function addObjectRoutes(app: HttpApp, { networks, auth, read }: ObjectRoutesDependencies): void {
  const operator = { onRequest: auth.requirePrincipal(['operator']) };
  const whole = { ...operator, bodyLimit: MAX_OBJECT_BYTES };
  route(app, endpoints.putObject, whole, ({ params: { id }, body }) =>
    networks.objects.put(id, { ...body, components: body.components.map(componentName) }),
  );
  route(app, endpoints.closeObject, operator, ({ params: { id }, query: { atMs } }) =>
    networks.objects.close(id, atMs),
  );
  route(app, endpoints.getObject, operator, ({ params: { id } }) => networks.objects.get(id));
  route(app, endpoints.listObjects, operator, ({ query: { component } }) => ({
    objects: networks.objects.list(component && componentName(component)),
  }));
  route(app, endpoints.measureObject, operator, async ({ params: { id }, query }) => {
    const { fromMs = 0, toMs = END_OF_TIME_MS } = query;
    if (fromMs >= toMs) throw emptyTime(fromMs, toMs);
    const segments = segmentsOf(networks.objects.get(id).entities, { fromMs, toMs });
    return read(() => readObjectBytes(segments));
  });
}

const emptyTime = (fromMs: number, toMs: number): FairhopError =>
  new FairhopError('time-empty', `the time from ${fromMs} to ${toMs} is empty; toMs is after fromMs`, {
    status: 400,
  });
