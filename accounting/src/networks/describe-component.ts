import type { Component } from '@fairhop/shared/contract';
import {
  asId,
  componentKindOf,
  exchangeId,
  FairhopError,
  ispComponentId,
  linkId,
  placeId,
} from '@fairhop/shared/model';
import type { AsGraph } from '@fairhop/shared/net';
import type { DatedComponent, DeclaredComponents } from './declared-components.js';
import type { AccountingObjects } from './objects.js';
import type { ComponentOwners } from './owners.js';
import { linkOfPeering } from './path-relations.js';
import type { Carried } from './read-components.js';

export interface ComponentFacts {
  readonly graph: AsGraph;
  readonly components: DeclaredComponents;
  readonly owners: ComponentOwners;
  readonly objects: AccountingObjects;
  readonly nowMs: number;
}

/** Parts that are told of one component; its list of components has all of them. */
const MAX_PARTS = 10_000;

/** All that is known of a component: from paths that were used, declarations, the AS graph. Throws `component-unknown` (404). */
export function describeComponent(id: string, carried: Carried, facts: ComponentFacts): Component {
  const { graph, components, owners, objects, nowMs } = facts;
  const kind = componentKindOf(id)!;
  const declared = components
    .history(id)
    .filter(({ fromMs, toMs }) => fromMs <= nowMs && (toMs === null || toMs > nowMs));
  const parts = new Set([...carried.parts, ...partsOf(id, facts)].slice(0, MAX_PARTS));
  const partOf = new Set([...carried.partOf, ...wholesOf(id, declared, facts)]);
  const history = owners.of(id);
  const ids = objects.idsOf(id);
  const isKnown =
    carried.events > 0 ||
    parts.size > 0 ||
    ids.length > 0 ||
    components.history(id).length > 0 ||
    history.some(({ basis }) => basis === 'declared') ||
    // The graph's ASes, and those that it had.
    (kind === 'as' && history.length > 0) ||
    isInGraph(id, graph);
  if (!isKnown) {
    const message = `no path, declaration or AS graph knows component ${id}; the list of components has those that carried bytes`;
    throw new FairhopError('component-unknown', message, { status: 404 });
  }
  const { bytes, billableBytes, events, paths, notes } = carried;
  return {
    id,
    kind,
    owners: history,
    parts: [...parts].sort(),
    partOf: [...partOf].sort(),
    objects: ids,
    place: placeOf(id, declared, graph),
    capacityBitsPerSecond: declared.find(({ capacity }) => capacity !== null)?.capacity ?? null,
    bytes,
    billableBytes,
    events,
    paths,
    ...(notes.length > 0 && { notes: [...notes] }),
  };
}

/** `sp1` of `isp:sp1`. */
const nameOf = (id: string): string => id.slice(id.indexOf(':') + 1);

const exchangeOf = (id: string, graph: AsGraph) =>
  graph.exchanges.find((exchange) => exchange.id === nameOf(id));

function isInGraph(id: string, graph: AsGraph): boolean {
  switch (componentKindOf(id)) {
    case 'link':
      return graph.links.some(({ from, to }) => [linkId(from, to), linkId(to, from)].includes(id));
    case 'isp':
      return graph.isp(nameOf(id)) !== undefined;
    case 'ixp':
      return exchangeOf(id, graph) !== undefined;
    default:
      return false;
  }
}

function partsOf(id: string, { graph, components, nowMs }: ComponentFacts): string[] {
  switch (componentKindOf(id)) {
    case 'as': {
      const inside = components.idsWith('asn', Number(nameOf(id)), nowMs, MAX_PARTS);
      return inside.filter((part) => componentKindOf(part) !== 'peering');
    }
    case 'link':
      return components.idsWithPrefix(`${id.replace(/^link:/, 'peering:')}/`, nowMs, MAX_PARTS);
    case 'isp':
      return graph.asesOfIsp(nameOf(id)).map(asId);
    case 'ixp':
      return components.idsWith('exchange', nameOf(id), nowMs, MAX_PARTS);
    case 'place': {
      const there = components.idsWith('place', nameOf(id), nowMs, MAX_PARTS);
      return there.filter((part) => componentKindOf(part) !== 'peering');
    }
    default:
      return [];
  }
}

function wholesOf(id: string, declared: readonly DatedComponent[], { graph }: ComponentFacts): string[] {
  const places = declared.map(({ place }) => place).filter((place) => place !== null);
  switch (componentKindOf(id)) {
    case 'as': {
      const isp = graph.ispOf(Number(nameOf(id)));
      return isp === undefined ? [] : [ispComponentId(isp)];
    }
    case 'peering': {
      const exchanges = declared.map(({ exchange }) => exchange).filter((exchange) => exchange !== null);
      return [linkOfPeering(id), ...exchanges.map(exchangeId)];
    }
    case 'router':
    case 'switch':
      return [...declared.map(({ asn }) => asId(asn)), ...places.map(placeId)];
    case 'internal':
      return declared.map(({ asn }) => asId(asn));
    case 'ixp': {
      const place = exchangeOf(id, graph)?.place;
      return place === undefined ? [] : [placeId(place)];
    }
    case 'place': {
      const around = nameOf(id).split('/').slice(0, -1);
      return around.length === 0 ? [] : [placeId(around.join('/'))];
    }
    default:
      return [];
  }
}

function placeOf(id: string, declared: readonly DatedComponent[], graph: AsGraph): string | null {
  const kind = componentKindOf(id);
  if (kind === 'place') return nameOf(id);
  if (kind === 'ixp') return exchangeOf(id, graph)?.place ?? null;
  return declared.find(({ place }) => place !== null)?.place ?? null;
}
