import type { LedgerEvent } from '@fairhop/shared/contract';
import { type Internet, networkOf } from '../internet-model.js';
import type { LabReport } from '../measure/report.js';
import type { Epoch } from './epochs.js';
import type { Subscriber } from './subscribers.js';

const sumBytes = (events: readonly LedgerEvent[]): number =>
  events.reduce((total, { bytes }) => total + bytes, 0);

/** Bytes that peers delivered as a share of all, and how often the content entered each ISP with subscribers. */
export function deliveryReport(
  internet: Internet,
  events: readonly LedgerEvent[],
  { contentId, sizeBytes }: { readonly contentId: string; readonly sizeBytes: number },
): Pick<LabReport, 'offload' | 'copiesPerIsp'> {
  const delivered = events.filter(
    (event) => event.contentId === contentId && event.kind !== 'origin-to-edge',
  );
  const fromPeers = delivered.filter(({ kind }) => kind === 'client-to-client');
  const ispOf = (asn: number | null): string => (asn === null ? 'unknown' : networkOf(internet, asn).isp);
  const isps = new Set(delivered.map(({ destinationAs }) => ispOf(destinationAs)));
  return {
    offload: sumBytes(fromPeers) / Math.max(1, sumBytes(delivered)),
    copiesPerIsp: Object.fromEntries(
      [...isps].sort().map((isp) => {
        const entering = delivered.filter(
          ({ sourceAs, destinationAs }) => ispOf(destinationAs) === isp && ispOf(sourceAs) !== isp,
        );
        return [isp, sumBytes(entering) / sizeBytes];
      }),
    ),
  };
}

/** Pairs of subscribers behind NATs of their own, and those of which one gave the other bytes without anybody between. */
export function natReport(
  subscribers: readonly Subscriber[],
  events: readonly LedgerEvent[],
): Pick<LabReport, 'natPairs' | 'natPairsConnected'> {
  const behindNat = subscribers.filter(({ host }) => host.home !== undefined);
  const pairs = behindNat.flatMap((one, index) =>
    behindNat.slice(index + 1).map((other) => [one.key, other.key]),
  );
  const met = new Set(
    events
      .filter(({ kind, bytes }) => kind === 'client-to-client' && bytes > 0)
      .map(({ source, destination }) => pairName([source, destination])),
  );
  const hosts = (pair: readonly string[]): string => pairName(pair.map((key) => `host:${key}`));
  return { natPairs: pairs.length, natPairsConnected: pairs.filter((pair) => met.has(hosts(pair))).length };
}

const pairName = (hosts: readonly string[]): string => [...hosts].sort().join(' ');

export interface RouteChangeInput {
  /** Rows as they were read before the change, and all rows as they are at the end. */
  readonly before: readonly LedgerEvent[];
  readonly events: readonly LedgerEvent[];
  /** Before the change, and after it. */
  readonly epochs: readonly [Epoch, Epoch];
}

/** Whether rows from before a change of routes kept their paths, and later ones between the same networks have the new one. */
export function routeChangeReport(
  internet: Internet,
  { before, events, epochs: [old, changed] }: RouteChangeInput,
): LabReport['routeChange'] {
  const paths = new Map(events.map(({ id, path }) => [id, path?.id]));
  const moved = movedWays(internet, old, changed);
  const asPathOf = ({ path }: LedgerEvent): string =>
    (path?.components ?? [])
      .filter((component) => component.startsWith('as:'))
      .map((component) => component.slice('as:'.length))
      .join(' ');
  const ofMoved = (rows: readonly LedgerEvent[]) =>
    rows.flatMap((event) => {
      const way = moved.get(`${event.sourceAs} ${event.destinationAs}`);
      return way === undefined ? [] : [{ event, way }];
    });
  const early = ofMoved(before.filter(({ endMs }) => endMs <= changed.fromMs));
  const late = ofMoved(events.filter(({ startMs }) => startMs >= changed.atMs));
  return {
    oldPathKept:
      early.length > 0 &&
      early.every(({ event, way }) => asPathOf(event) === way.old) &&
      before.every(({ id, path }) => paths.get(id) === path?.id),
    newPathUsed: late.length > 0 && late.every(({ event, way }) => asPathOf(event) === way.changed),
  };
}

/** AS paths that the change moved, by source and destination AS. */
function movedWays(internet: Internet, old: Epoch, changed: Epoch) {
  const moved = new Map<string, { readonly old: string; readonly changed: string }>();
  for (const [index, path] of old.truth.entries()) {
    const now = changed.truth[index]!;
    const [before, after] = [path.asPath.join(' '), now.asPath.join(' ')];
    if (before === after) continue;
    const asn = (name: string) => internet.hosts.find((host) => host.name === name)!.asn;
    moved.set(`${asn(path.source)} ${asn(path.destination)}`, { old: before, changed: after });
  }
  return moved;
}
