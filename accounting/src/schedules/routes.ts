import {
  accountingEndpoints as endpoints,
  type Query,
  type QueryResult,
  type ScheduledTask,
} from '@fairhop/shared/contract';
import { FairhopError, type Party } from '@fairhop/shared/model';
import { type Authenticator, type HttpApp, type Principal, route } from '@fairhop/shared/service';
import { isSameParty, type SavedQueries } from './saved-queries.js';
import type { Schedules } from './schedules.js';

export interface ScheduleRoutesDependencies {
  readonly auth: Authenticator;
  readonly savedQueries: SavedQueries;
  readonly schedules: Schedules;
  readonly ask: (query: Query, holder: Party) => Promise<QueryResult>;
  readonly wake: () => void;
}

const holders = ['operator', 'isp', 'owner'] as const;

/** Each party's own saved queries and schedules; the operator sees all. */
export function addScheduleRoutes(
  app: HttpApp,
  { auth, savedQueries, schedules, ask, wake }: ScheduleRoutesDependencies,
): void {
  const party = { onRequest: auth.requirePrincipal(holders) };
  const checkHolder = (holder: Party, principal: Principal | null, what: string): void => {
    const asking = partyOf(principal);
    if (asking.kind === 'operator' || isSameParty(holder, asking)) return;
    throw new FairhopError('not-yours', `${what} is another party's`, { status: 403 });
  };
  const only = (principal: Principal | null): Party | undefined => {
    const asking = partyOf(principal);
    return asking.kind === 'operator' ? undefined : asking;
  };

  route(app, endpoints.putSavedQuery, party, ({ params: { id }, body, request }) =>
    savedQueries.put({ ...body, id, holder: partyOf(request.principal) }),
  );
  route(app, endpoints.listSavedQueries, party, ({ request }) => ({
    savedQueries: savedQueries.list(only(request.principal)),
  }));
  route(app, endpoints.removeSavedQuery, party, ({ params: { id }, request }) => {
    checkHolder(savedQueries.get(id).holder, request.principal, `saved query ${id}`);
    const asking = schedules.asking(id);
    if (asking.length > 0) {
      const message = `schedule ${asking[0]} asks saved query ${id}; remove that first`;
      throw new FairhopError('saved-query-in-use', message, { status: 409 });
    }
    savedQueries.remove(id);
    return { id };
  });
  route(app, endpoints.runSavedQuery, party, ({ params: { id }, request }) => {
    checkHolder(savedQueries.get(id).holder, request.principal, `saved query ${id}`);
    const { query, holder } = savedQueries.question(id);
    return ask(query, holder);
  });
  route(app, endpoints.putSchedule, party, ({ params: { id }, body, request }) => {
    const { principal } = request;
    if (body.task.type === 'query')
      checkHolder(
        savedQueries.get(body.task.savedQuery).holder,
        principal,
        `saved query ${body.task.savedQuery}`,
      );
    else if (partyOf(principal).kind !== 'operator')
      throw new FairhopError('operator-only', 'periods are closed by the operator', { status: 403 });
    checkScope(principal, body.task);
    // What it takes the place of ends.
    checkScope(principal, schedules.taskOf(id) ?? body.task);
    const schedule = schedules.put({ ...body, id, holder: partyOf(principal) });
    wake();
    return schedule;
  });
  route(app, endpoints.listSchedules, party, ({ request }) => ({
    schedules: schedules.list(only(request.principal)),
  }));
  route(app, endpoints.removeSchedule, party, ({ params: { id }, request }) => {
    checkHolder(schedules.holderOf(id), request.principal, `schedule ${id}`);
    const task = schedules.taskOf(id);
    if (task !== undefined) checkScope(request.principal, task);
    schedules.remove(id);
    return { id };
  });
  route(app, endpoints.listScheduleRuns, party, ({ params: { id }, query, request }) => {
    checkHolder(schedules.holderOf(id), request.principal, `schedule ${id}`);
    return { runs: schedules.runs(id, query.limit, only(request.principal)) };
  });
  route(app, endpoints.getScheduleRun, party, ({ params: { id, run }, request }) => {
    checkHolder(schedules.holderOf(id), request.principal, `schedule ${id}`);
    return schedules.run(id, run, only(request.principal));
  });
}

/** Who may not close a period now may neither have it closed later, nor keep it from being closed. Throws `scope-missing` (403). */
function checkScope(principal: Principal | null, { type }: ScheduledTask): void {
  const needed = type === 'close-periods' ? 'settlement' : 'write';
  const { scopes, actor } = principal ?? {};
  if (scopes === undefined || scopes.includes(needed)) return;
  const message = `a schedule of ${type} needs the scope ${needed}; ${actor ?? 'the token'} has ${scopes.join(', ') || 'none'}`;
  throw new FairhopError('scope-missing', message, { status: 403 });
}

function partyOf(principal: Principal | null): Party {
  const kind = holders.find((holder) => holder === principal?.kind);
  if (principal === null || kind === undefined) throw new Error('the route is behind requirePrincipal');
  return { kind, id: principal.id };
}
