import type { Query, QueryResult } from '@fairhop/shared/contract';
import { componentKindOf, FairhopError, type Party } from '@fairhop/shared/model';
import type { Route } from '../ledger/routes.js';
import type { View } from '../query/index.js';
import { type HostNames, isNamedByKey } from './pseudonyms.js';

/** What tells how much who asks gets to see of others. */
export interface VisibilityKnowledge {
  /** What an owner's answers call hosts. */
  readonly hostNames: HostNames;
  /** Owners that an ISP has, or had, a contract with. */
  ownersOf(isp: string): ReadonlySet<string>;
  /** ISPs that a router, switch, internal or peering link is, or was, of. */
  holdersOf(component: string): readonly string[];
}

/** How one who asks gets answered. */
export interface Viewer {
  /** The question as it may be asked. Throws `not-yours` (403). */
  restrict(query: Query): Query;
  /** Undefined: sees all. */
  readonly view?: View;
  /** The answer as it may be told. */
  tell(result: QueryResult): QueryResult;
}

/** Stands for names that a contract would have to show. No owner, title or host can be called so. */
const OTHER = '(other)';

const everything: Viewer = { restrict: (query) => query, tell: (result) => result };

/** The operator sees all, an owner what is of its titles, an ISP what touches its networks. */
export function viewerOf(party: Party, knowledge: VisibilityKnowledge): Viewer {
  if (party.kind === 'operator') return everything;
  return party.kind === 'owner' ? ownerViewer(party.id, knowledge) : ispViewer(party.id, knowledge);
}

function ownerViewer(owner: string, { hostNames }: Pick<VisibilityKnowledge, 'hostNames'>): Viewer {
  return {
    restrict(query) {
      const titleOwner = query.title?.split('/')[0];
      for (const asked of [query.owner, titleOwner]) {
        if (asked !== undefined && asked !== owner)
          throw notYours(`owner ${owner} sees its own titles alone, not those of ${asked}`);
      }
      for (const host of [query.sourceHost, query.destinationHost]) {
        // An address that counts would tell who downloads what.
        if (host !== undefined && !isNamedByKey(host))
          throw notYours(
            `owner ${owner} asks for hosts by their keys, not for ${host}; grouping by host is right`,
          );
      }
      return { ...query, owner };
    },
    view: { host: (name) => hostNames({ kind: 'owner', id: owner }, name) },
    tell: (result) => toldOf(`owner:${owner}`, result),
  };
}

function ispViewer(isp: string, { ownersOf, holdersOf }: VisibilityKnowledge): Viewer {
  const contracted = ownersOf(isp);
  const isNamed = (owner: string | undefined): boolean => owner === undefined || contracted.has(owner);
  const isHidden = (component: string): boolean =>
    isOfOneIsp(component) && !holdersOf(component).includes(isp);
  return {
    restrict(query) {
      if (query.measure === 'files')
        throw notYours('files come by many ways; an ISP sees those through its networks: ask for bytes');
      for (const owner of [query.owner, query.title?.split('/')[0]]) {
        if (!isNamed(owner)) throw notYours(`isp ${isp} has no contract with owner ${owner}`);
      }
      const hidden = query.crosses?.find((component) => isHidden(component.toLowerCase()));
      if (hidden !== undefined) throw notYours(`${hidden} is not part of the networks of isp ${isp}`);
      return query;
    },
    view: {
      sees: (route, { sourceHost, destinationHost }) =>
        touches(route, isp) &&
        (sourceHost === undefined || isOf(isp, route.sourceIsp)) &&
        (destinationHost === undefined || isOf(isp, route.destinationIsp)),
      shown(dimension, value, { sourceIsp, destinationIsp }) {
        if (typeof value !== 'string') return value;
        switch (dimension) {
          case 'owner':
            return contracted.has(value) ? value : OTHER;
          case 'title':
            return isNamed(value.split('/')[0]) ? value : OTHER;
          case 'sourceHost':
            return isOf(isp, sourceIsp) ? value : OTHER;
          case 'destinationHost':
            return isOf(isp, destinationIsp) ? value : OTHER;
          case 'component':
            return isHidden(value) ? undefined : value;
          default:
            return value;
        }
      },
    },
    tell: (result) => toldOf(`isp:${isp}`, result),
  };
}

const isOf = (isp: string, named: string | null): boolean => named?.toLowerCase() === isp;

/** Whether bytes of a route leave, enter, cross, begin or end in networks of an ISP. */
const touches = ({ sourceIsp, destinationIsp, path }: Route, isp: string): boolean =>
  [sourceIsp, destinationIsp, ...(path?.isps ?? [])].some((named) => isOf(isp, named));

/** ASes, the links between them, exchanges and places are what anybody learns from BGP and registries. */
const isOfOneIsp = (component: string): boolean =>
  ['router', 'switch', 'internal', 'peering'].includes(componentKindOf(component) ?? '');

/** How many rows of a rollup were gone through would tell of others' traffic. */
function toldOf(who: string, { explanation: _, ...result }: QueryResult): QueryResult {
  return { ...result, answeredBy: `what ${who} sees` };
}

const notYours = (message: string): FairhopError => new FairhopError('not-yours', message, { status: 403 });
