import type { OwnEvent } from '@fairhop/shared/contract';
import type { Party } from '@fairhop/shared/model';
import type { Ledger } from '../ledger/index.js';
import { type Reading, rowsOf } from '../reading/index.js';
import type { Viewer } from './viewer.js';

interface OwnEventsQuery {
  readonly transferId?: string | undefined;
  readonly afterId: number;
  readonly limit: number;
}

interface SeenEvent {
  readonly id: number;
  readonly owner: string;
  readonly sourceIsp: string | null;
  readonly destinationIsp: string | null;
}

/** Routes that touch networks of an ISP, as `touches` has it. */
const TOUCHING = `SELECT routes.id FROM routes LEFT JOIN paths ON paths.id = routes.path
  WHERE lower(source_isp) = @party OR lower(destination_isp) = @party
    OR EXISTS (SELECT 1 FROM json_each(paths.isps) WHERE lower(value) = @party)`;

/** What a party may see, in booking order. */
function* readSeenEvents(
  { kind, id: party }: Party,
  { transferId, afterId, limit }: OwnEventsQuery,
): Reading<SeenEvent[]> {
  const where = [
    'e.id > @afterId',
    ...(kind === 'owner' ? ['owners.name = @party'] : []),
    ...(kind === 'isp' ? [`e.route IN (${TOUCHING})`] : []),
    ...(transferId === undefined ? [] : ['e.transfer_id = unhex(@transferId)']),
  ];
  return yield* rowsOf<SeenEvent>({
    sql: `SELECT e.id, owners.name AS owner, source_isp AS sourceIsp, destination_isp AS destinationIsp
      FROM events e JOIN files ON files.id = e.file JOIN owners ON owners.id = files.owner JOIN routes ON routes.id = e.route
      WHERE ${where.join(' AND ')} ORDER BY e.id LIMIT @limit`,
    parameters: {
      ...{ afterId, limit },
      ...(kind !== 'operator' && { party }),
      ...(transferId !== undefined && { transferId: transferId.replaceAll('-', '') }),
    },
  });
}

interface OwnEventsDependencies {
  readonly read: <Result>(begin: () => Reading<Result>) => Promise<Result>;
  readonly ledger: Pick<Ledger, 'eventsAfter'>;
  readonly viewer: Pick<Viewer, 'view'>;
}

/**
 * A page of what a party may see, in booking order. Retention may drop events while they are read: a page is filled with those after
 * them, so that a short one is still the last.
 */
export async function listOwnEvents(
  party: Party,
  query: OwnEventsQuery,
  { read, ledger, viewer }: OwnEventsDependencies,
): Promise<OwnEvent[]> {
  const events: OwnEvent[] = [];
  for (let afterId = query.afterId; ; ) {
    const limit = query.limit - events.length;
    const seen = await read(() => readSeenEvents(party, { ...query, afterId, limit }));
    events.push(...seen.flatMap((one) => ownEvent(one, ledger, viewer) ?? []));
    if (seen.length < limit || events.length === query.limit) return events;
    afterId = seen.at(-1)!.id;
  }
}

/** An event as who asks may see it: names that are not for it are null. Undefined where it is dropped. */
function ownEvent(
  { id, owner, sourceIsp, destinationIsp }: SeenEvent,
  { eventsAfter }: Pick<Ledger, 'eventsAfter'>,
  { view }: Pick<Viewer, 'view'>,
): OwnEvent | undefined {
  const [event] = eventsAfter(id - 1, 1);
  if (event?.id !== id) return undefined;
  const { sourceAddress, destinationAddress, reporter, path, ...rest } = event;
  const ends = { sourceIsp, destinationIsp };
  const shown = (dimension: 'owner' | 'title' | 'sourceHost' | 'destinationHost', name: string) => {
    if (view?.shown === undefined) return name;
    return view.shown(dimension, name, ends) === name ? name : null;
  };
  const host = (dimension: 'sourceHost' | 'destinationHost', name: string) => {
    const seen = shown(dimension, name);
    return seen === null ? null : (view?.host?.(seen) ?? seen);
  };
  const title = shown('title', event.title);
  return {
    ...rest,
    owner: shown('owner', owner),
    title,
    // The catalogue tells the title of a content.
    contentId: title === null ? null : event.contentId,
    source: host('sourceHost', event.source),
    destination: host('destinationHost', event.destination),
    ...ends,
    path: path && {
      components: path.components.filter(
        (component) => view?.shown === undefined || view.shown('component', component, ends) !== undefined,
      ),
    },
  };
}
