import { isIP } from 'node:net';
import {
  type Query,
  type QueryResult,
  queryDimensionSchema,
  queryMeasureSchema,
  querySchema,
} from '@fairhop/shared/contract';
import {
  agentKeySchema,
  BIN_MS,
  beliefSchema,
  hostIdSchema,
  type Party,
  type PathElement,
  transferKindSchema,
} from '@fairhop/shared/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Ledger } from '../ledger/ledger.js';
import {
  batch,
  contentId,
  event,
  eventsMessage,
  openTestLedger,
  pathOf,
  peerMessage,
  START_MS,
  statementMessage,
  uuid,
} from '../ledger/test-support.js';
import { createQueryEngine, type KnownNetworks } from '../query/index.js';
import { readHere } from '../reading/index.js';
import { listOwnEvents } from './own-events.js';
import { createHostNames } from './pseudonyms.js';
import { type VisibilityKnowledge, viewerOf } from './viewer.js';

/** Of some networks the graph knows nothing: only traffic shows that there are such. */
const graph: KnownNetworks = {
  isp: (id) => (id === 'sp1' || id === 'sp2' ? {} : undefined),
  autonomousSystem: (asn) => (asn <= 64_503 ? {} : undefined),
  isComponent: (id) => id === 'router:r1',
};
/** SP1 deals with alpha, SP2 with nobody; the router is SP1's, the switch SP2's. */
const knowledge: VisibilityKnowledge = {
  hostNames: createHostNames('a secret of the service'),
  ownersOf: (isp) => new Set(isp === 'sp1' ? ['alpha'] : []),
  holdersOf: (component) => ({ 'router:r1': ['sp1'], 'switch:sw1': ['sp2'] })[component] ?? [],
};
const parties: readonly Party[] = [
  { kind: 'isp', id: 'sp1' },
  { kind: 'isp', id: 'sp2' },
  { kind: 'isp', id: 'sp9' },
  { kind: 'owner', id: 'alpha' },
  { kind: 'owner', id: 'gamma' },
];

const asn = fc.integer({ min: 64_501, max: 64_505 });
const ispOf = (value: number): string | null => (value === 64_505 ? null : `sp${value - 64_500}`);
const inside = (component: string): PathElement => ({
  component,
  source: 'declared',
  confidence: 90,
  billable: true,
});
const detail = {
  'as:64501': [inside('router:r1')],
  'as:64502': [inside('switch:sw1')],
  'as:64503': [inside('router:r3')],
};

const hostOf = (letter: string): string => `host:${letter.repeat(42)}A`;
/** Of plain clients, which have no key. */
const [addressed, alsoAddressed] = ['host:198.51.100.7', 'host:2001:db8::7'];

const anyEvent = fc
  .record({
    asPath: fc.uniqueArray(asn, { minLength: 1, maxLength: 4 }),
    isAttributed: fc.boolean(),
    bin: fc.nat(600),
    owner: fc.constantFrom('alpha', 'beta', 'gamma'),
    name: fc.constantFrom('a', 'b'),
    bytes: fc.nat(1_000_000),
    kind: fc.constantFrom(...transferKindSchema.options),
    source: fc.constantFrom(hostOf('u'), hostOf('v'), addressed),
    destination: fc.constantFrom(hostOf('x'), addressed, alsoAddressed),
    category: fc.constantFrom('video', 'live'),
    sentBytes: fc.option(fc.nat(1_000_000)),
  })
  .map(({ asPath, isAttributed, bin, name, owner, sentBytes, ...facts }) => {
    const [first, last] = [asPath[0]!, asPath.at(-1)!];
    const booked = event({
      ...facts,
      ...(facts.kind === 'client-to-client' && { fromBytes: 0 }),
      ...{ owner, binMs: START_MS + bin * BIN_MS },
      title: `${owner}/${name}`,
      contentId: contentId(`${owner}/${name}`),
      ...{ sourceAs: first, sourceIsp: ispOf(first), destinationAs: last, destinationIsp: ispOf(last) },
      path: isAttributed ? pathOf(asPath, ispOf, detail) : null,
    });
    return { booked, sentBytes };
  });
type Told = typeof anyEvent extends fc.Arbitrary<infer Value> ? Value : never;

const bookAll = (ledger: Ledger, told: readonly Told[]): void => {
  const messages = told.flatMap(({ booked, sentBytes }) => {
    if (booked.fromBytes === undefined) return [eventsMessage(0, booked)];
    if (sentBytes === null) return [peerMessage(0, booked)];
    return [peerMessage(0, booked), statementMessage(0, booked, { sentBytes, isLast: true })];
  });
  ledger.book(batch(messages.map((message, sequence) => ({ ...message, sequence }))));
};

/** What the words of the specification let a party see. */
const isFor = ({ kind, id }: Party, { booked }: Told): boolean =>
  kind === 'owner'
    ? booked.owner === id
    : [booked.sourceIsp, booked.destinationIsp, ...(booked.path?.isps ?? [])].includes(id);

const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 1 });
const network = fc.oneof(
  fc.constantFrom('sp1', 'SP2', 'sp3', 'sp4', 'sp9'),
  asn.map((value) => `as:${value}`),
);
const filters = {
  leaves: network,
  enters: network,
  source: network,
  destination: network,
  crosses: fc.constantFrom(
    ...[['isp:sp1'], ['isp:sp3'], ['as:64502'], ['as:64505'], ['router:r1'], ['router:r3'], ['router:none']],
    ...[['link:as:64501>as:64502'], ['link:as:64503>as:64504'], ['switch:sw1'], ['as:64501', 'router:r1']],
  ),
  sourceHost: fc.constantFrom(hostOf('u'), hostOf('n'), addressed),
  destinationHost: fc.constantFrom(hostOf('x'), hostOf('n'), addressed),
  owner: fc.constantFrom('alpha', 'beta', 'gamma', 'nobody'),
  title: fc.constantFrom('alpha/a', 'alpha/none', 'beta/b', 'gamma/a'),
  category: fc.constantFrom('video', 'live', 'none'),
  kind: fc.constantFrom(...transferKindSchema.options),
  attributed: fc.constantFrom('yes', 'no'),
  belief: fc.constantFrom('billable', ...beliefSchema.options),
} as const;
const anyQuery = fc
  .record({
    measure: fc.constantFrom(...queryMeasureSchema.options),
    direction: fc.constantFrom('forward', 'backward', 'larger', 'sum'),
    stated: fc.record(filters),
    kept: fc.uniqueArray(fc.constantFrom(...Object.keys(filters)), { maxLength: 3 }),
    isBounded: fc.boolean(),
    hours: maybe(fc.constant({ from: '18:30', to: '00:10' })),
    timeZone: fc.constantFrom('UTC', 'Asia/Kolkata'),
    billable: fc.constantFrom('yes', 'any'),
    groupBy: fc.uniqueArray(fc.constantFrom(...queryDimensionSchema.options), { maxLength: 2 }),
    limit: fc.constantFrom(1, 1_000),
    explain: fc.boolean(),
  })
  .map(({ stated, kept, isBounded, hours, timeZone, direction, ...rest }) => {
    const isRate = /Rate|percentile/.test(rest.measure);
    const bounds = isBounded || isRate ? { fromMs: START_MS, toMs: START_MS + 500 * BIN_MS } : {};
    return querySchema.parse({
      ...rest,
      ...(isRate && { direction }),
      ...Object.fromEntries(Object.entries(stated).filter(([name]) => kept.includes(name))),
      time: { ...bounds, timeZone, ...(hours && { hours }) },
    });
  });

const outcomeOf = (ask: () => unknown): unknown => {
  try {
    return ask();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === undefined) throw error;
    return { code, message };
  }
};

/** The ledger of all, and that of what a party may see alone. */
async function withBoth(
  told: readonly Told[],
  party: Party,
  check: (all: Ledger, own: Ledger, ownTold: readonly Told[]) => void | Promise<void>,
): Promise<void> {
  const named = told.map((one, index) => ({ ...one, booked: { ...one.booked, transferId: uuid(index) } }));
  const [all, own] = [await openTestLedger(), await openTestLedger()];
  try {
    const ownTold = named.filter((one) => isFor(party, one));
    bookAll(all.ledger, named);
    bookAll(own.ledger, ownTold);
    await check(all.ledger, own.ledger, ownTold);
  } finally {
    await Promise.all([all.remove(), own.remove()]);
  }
}
const askerOf = (ledger: Ledger, party: Party) => {
  const { ask } = createQueryEngine({ ledger, graph: () => graph, nowMs: () => START_MS });
  const { restrict, view, tell } = viewerOf(party, knowledge);
  return (query: Query) => outcomeOf(() => tell(ask(restrict(query), view)));
};
const ownEventsOf = (
  ledger: Ledger,
  party: Party,
  { afterId = 0, limit, onRead }: { afterId?: number; limit: number; onRead?: () => void },
) =>
  listOwnEvents(
    party,
    { afterId, limit },
    {
      ledger,
      viewer: viewerOf(party, knowledge),
      read: async (begin) => {
        const result = readHere(ledger.database, begin);
        onRead?.();
        return result;
      },
    },
  );

const told = fc.array(anyEvent, { minLength: 1, maxLength: 25 });
const anyParty = fc.constantFrom(...parties);
const queries = fc.array(anyQuery, { minLength: 25, maxLength: 25 });

describe('what a party sees', () => {
  it('is what it would see if nothing else had happened, whatever it asks', async () => {
    const property = fc.asyncProperty(told, anyParty, queries, (events, party, asked) =>
      withBoth(events, party, (all, own) => {
        const [askAll, askOwn] = [askerOf(all, party), askerOf(own, party)];
        for (const query of asked) expect(askAll(query)).toEqual(askOwn(query));
      }),
    );
    await fc.assert(property, { numRuns: 30, endOnFailure: true });
  });

  it('adds up to all of it, under names that are for it alone', async () => {
    const dimension = fc.constantFrom('owner', 'title', 'sourceHost', 'destinationHost', 'component');
    const property = fc.asyncProperty(told, anyParty, dimension, (events, party, groupBy) =>
      withBoth(events, party, (all, own, ownTold) => {
        const query = querySchema.parse({ measure: 'bytes', groupBy: [groupBy] });
        const answer = askerOf(all, party)(query) as {
          value: number;
          rows: { key: object; value: number }[];
        };
        expect(answer.value).toBe(ownTold.reduce((sum, { booked }) => sum + booked.bytes, 0));
        const { ask } = createQueryEngine({ ledger: own, graph: () => graph });
        const named = new Map<unknown, number>();
        for (const { key, value } of ask(query).rows) {
          const name = shownName(party, groupBy, key[groupBy] as string | null, ownTold);
          for (const one of name) named.set(one, (named.get(one) ?? 0) + value);
        }
        if (groupBy.endsWith('Host') && party.kind === 'isp') return;
        expect(new Map(answer.rows.map(({ key, value }) => [Object.values(key)[0], value]))).toEqual(named);
      }),
    );
    await fc.assert(property, { numRuns: 20, endOnFailure: true });
  });

  it('is of single events as little, none left out', async () => {
    const property = fc.asyncProperty(told, anyParty, (events, party) =>
      withBoth(events, party, async (all, own, ownTold) => {
        const eventsOf = async (ledger: Ledger) => {
          const events = await ownEventsOf(ledger, party, { limit: 1_000 });
          return events.map(({ id: _, ...rest }) => rest);
        };
        const seen = await eventsOf(all);
        expect(seen).toEqual(await eventsOf(own));
        expect(seen.map(({ transferId }) => transferId)).toEqual(
          ownTold.map(({ booked }) => booked.transferId),
        );
        const text = JSON.stringify(seen);
        expect(text).not.toMatch(/127\.\d+\.\d+\.\d+|reporter/);
        if (party.kind === 'owner') {
          expect(text).not.toMatch(/198\.51|2001:db8/);
          return;
        }
        if (party.id !== 'sp1') expect(text).not.toMatch(/alpha|router:/);
        expect(text).not.toMatch(/beta|gamma|router:r3/);
        for (const { source, sourceIsp, destination, destinationIsp } of seen) {
          expect(source !== null).toBe(sourceIsp === party.id);
          expect(destination !== null).toBe(destinationIsp === party.id);
        }
      }),
    );
    await fc.assert(property, { numRuns: 20, endOnFailure: true });
  });

  it('goes on after events that retention drops while they are read', async () => {
    const { ledger, remove } = await openTestLedger();
    const hourMs = 3_600_000;
    const at = (hour: number, number: number) =>
      event({ kind: 'edge-to-client', transferId: uuid(number), binMs: START_MS + hour * hourMs });
    const events = [at(0, 1), at(0, 2), at(1, 3), at(0, 4), at(1, 5), at(1, 6)];
    ledger.book(batch(events.map((one, sequence) => ({ ...eventsMessage(0, one), sequence }))));
    const party = { kind: 'owner', id: event().owner } as const;
    const laterMs = START_MS + 200 * 24 * hourMs;
    const onRead = () => void ledger.retention.dropHour(START_MS + hourMs, laterMs);
    const page = await ownEventsOf(ledger, party, { limit: 2, onRead });
    expect(page.map(({ transferId }) => transferId)).toEqual([uuid(3), uuid(5)]);
    const next = await ownEventsOf(ledger, party, { limit: 2, afterId: page.at(-1)!.id });
    expect(next.map(({ transferId }) => transferId)).toEqual([uuid(6)]);
    await remove();
  });

  it('tells an owner plain clients apart, but not their addresses', async () => {
    const { ledger, remove } = await openTestLedger();
    const to = (destination: string, number: number) =>
      event({
        kind: 'edge-to-client',
        transferId: uuid(number),
        owner: 'alpha',
        title: 'alpha/a',
        destination,
      });
    const events = [to(addressed, 1), to(addressed, 2), to(alsoAddressed, 3), to(hostOf('x'), 4)];
    ledger.book(batch(events.map((one, sequence) => ({ ...eventsMessage(0, one), sequence }))));
    const alpha = { kind: 'owner', id: 'alpha' } as const;
    const grouped = querySchema.parse({ measure: 'events', groupBy: ['destinationHost'] });
    const { rows } = askerOf(ledger, alpha)(grouped) as QueryResult;
    const hosts = rows.map(({ key }) => String(key['destinationHost']));
    expect(rows.map(({ value }) => value)).toEqual([2, 1, 1]);
    expect(new Set(hosts).size).toBe(3);
    expect(hosts).toContain(hostOf('x'));
    for (const host of hosts.filter((one) => one !== hostOf('x'))) {
      const name = hostIdSchema.parse(host).slice('host:'.length);
      expect(isIP(name)).toBe(0);
      expect(agentKeySchema.safeParse(name).success).toBe(false);
    }
    const seen = await ownEventsOf(ledger, alpha, { limit: 10 });
    expect(seen.slice(0, 2).map(({ destination }) => destination)).toEqual([hosts[0], hosts[0]]);
    expect(new Set(seen.map(({ destination }) => destination))).toEqual(new Set(hosts));
    const operator = askerOf(ledger, { kind: 'operator', id: 'operator' })(grouped) as QueryResult;
    expect(operator.rows.map(({ key }) => key['destinationHost'])).toContain(addressed);
    expect(knowledge.hostNames({ kind: 'owner', id: 'beta' }, addressed)).not.toBe(hosts[0]);
    await remove();
  });

  it('is no answer to an owner whether an address has its title', () => {
    const alpha = { kind: 'owner', id: 'alpha' } as const;
    const pseudonym = knowledge.hostNames(alpha, addressed);
    for (const host of [addressed, alsoAddressed, 'host:::ffff:198.51.100.7', 'host:192.0.2.1', pseudonym])
      for (const filter of [{ destinationHost: host }, { sourceHost: host }])
        for (const measure of ['bytes', 'files', 'hosts']) {
          const query = querySchema.parse({ measure, ...filter });
          expect(() => viewerOf(alpha, knowledge).restrict(query)).toThrow(
            expect.objectContaining({ code: 'not-yours', status: 403 }),
          );
        }
  });

  it('has nothing about hosts of other networks', async () => {
    const { ledger, remove } = await openTestLedger();
    bookAll(ledger, [{ booked: event(), sentBytes: null }]);
    const bytesOf = (party: Party, filter: object): unknown => {
      const answer = askerOf(ledger, party)(querySchema.parse({ measure: 'bytes', ...filter }));
      return (answer as { value?: number }).value;
    };
    const [sp1, sp2] = parties as [Party, Party];
    expect(bytesOf(sp1, { sourceHost: 'host:uploader' })).toBe(1_000);
    expect(bytesOf(sp2, { sourceHost: 'host:uploader' })).toBe(0);
    expect(bytesOf(sp2, { destinationHost: 'host:downloader' })).toBe(1_000);
    expect(bytesOf(sp1, { destinationHost: 'host:downloader' })).toBe(0);
    await remove();
  });

  it('is refused where another one is asked about by name', () => {
    const codeOf = (party: Party, query: object) => {
      const parsed = querySchema.parse({ measure: 'bytes', ...query });
      return outcomeOf(() => viewerOf(party, knowledge).restrict(parsed) && 'may ask');
    };
    const [sp1, , , alpha] = parties as [Party, Party, Party, Party];
    const refused = { code: 'not-yours' };
    expect(codeOf(alpha, { owner: 'beta' })).toMatchObject(refused);
    expect(codeOf(alpha, { title: 'beta/b' })).toMatchObject(refused);
    expect(codeOf(alpha, { owner: 'alpha', destinationHost: hostOf('x') })).toBe('may ask');
    expect(codeOf(sp1, { owner: 'beta' })).toMatchObject(refused);
    expect(codeOf(sp1, { title: 'gamma/a' })).toMatchObject(refused);
    expect(codeOf(sp1, { crosses: ['switch:SW1'] })).toMatchObject(refused);
    expect(codeOf(sp1, { measure: 'files' })).toMatchObject(refused);
    expect(codeOf(sp1, { owner: 'alpha', crosses: ['router:r1', 'as:64502'] })).toBe('may ask');
  });
});

/** By the words alone; none where it is left out. */
function shownName(party: Party, dimension: string, name: string | null, events: readonly Told[]): unknown[] {
  if (name === null) return [name];
  if (party.kind === 'owner') return [dimension.endsWith('Host') ? knowledge.hostNames(party, name) : name];
  if (dimension === 'component') {
    const hidden = party.id === 'sp1' ? ['switch:sw1', 'router:r3'] : ['router:r1', 'router:r3'];
    if (party.id === 'sp2') return hidden.includes(name) ? [] : [name];
    return hidden.includes(name) || (party.id !== 'sp1' && name.startsWith('switch:')) ? [] : [name];
  }
  const owner = name.split('/')[0];
  expect(events.some(({ booked }) => booked.owner === owner || dimension.endsWith('Host'))).toBe(true);
  return party.id === 'sp1' && owner === 'alpha' ? [name] : ['(other)'];
}
