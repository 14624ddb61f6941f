import { createHash } from 'node:crypto';
import type { CheckedBatch, ResolvedPath, TransferEvent } from '@fairhop/accounting/ledger';
import {
  asId,
  BIN_MS,
  binOf,
  ispComponentId,
  linkId,
  type PathElement,
  placeId,
  type TransferKind,
} from '@fairhop/shared/model';

const PATHS = 2_000;
const OWNERS = 100;
const isps = 20;
const asesPerIsp = 10;
const hostsPerAs = 100;
const titlesPerOwner = 50;
const categories = ['video', 'live', 'files'];
/** Transfers that run at the same time and report in turn. */
const concurrentTransfers = 64;
const maximumParts = 5;

const FIRST_MS = Date.UTC(2026, 6, 1);

export interface Workload {
  readonly events: number;
  /** From `FIRST_MS` on. */
  readonly days: number;
  /** They take turns, a batch each. */
  readonly reporters: number;
  /** Of batches, in turn; a message has one event. */
  readonly batchEvents: readonly number[];
}

/** xorshift32 (Marsaglia 2003): the same data in every run. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Index drawn by Zipf's law with exponent 1. */
function createZipf(size: number, random: () => number): () => number {
  const cumulative: number[] = [];
  let sum = 0;
  for (let rank = 1; rank <= size; rank += 1) {
    sum += 1 / rank;
    cumulative.push(sum);
  }
  return () => {
    const target = random() * sum;
    let low = 0;
    let high = size - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cumulative[middle]! < target) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** A city of its own for each AS. */
const placeOfAs = (asn: number): string => placeId(`us/ca/city${asn}`);
const ispName = (isp: number): string => (isp === 2 ? 'cdn' : `sp${isp + 1}`);
const asnOf = (isp: number, index: number): number => 64_000 + isp * asesPerIsp + index;

/** Three ASes, two links, two ISPs, two places: nine components. */
function createPath(asPath: readonly number[], pathIsps: readonly string[]): ResolvedPath {
  const [sourcePlace, destinationPlace] = [placeOfAs(asPath[0]!), placeOfAs(asPath.at(-1)!)];
  const ways = asPath.flatMap((asn, index) =>
    index === 0 ? [asId(asn)] : [linkId(asPath[index - 1]!, asn), asId(asn)],
  );
  const places = [sourcePlace, destinationPlace];
  const components = [...ways, ...new Set(pathIsps.map(ispComponentId)), ...places];
  const digest = createHash('sha256')
    .update([...components, ...pathIsps].join('\n'))
    .digest('hex');
  const elements = components.map(
    (component): PathElement => ({
      ...{ component, source: 'bgp', confidence: 100 },
      billable: !places.includes(component),
    }),
  );
  return { id: `path:${digest}`, asPath, isps: pathIsps, elements, sourcePlace, destinationPlace };
}

function createPaths(random: () => number): ResolvedPath[] {
  const drawIsp = createZipf(isps, random);
  const drawAs = (): number => Math.floor(random() * asesPerIsp);
  const paths = new Map<string, ResolvedPath>();
  while (paths.size < PATHS) {
    const [source, destination] = [drawIsp(), drawIsp()];
    const [from, out, to] = [drawAs(), drawAs(), drawAs()];
    if (source === destination || from === out) continue;
    const [sourceIsp, destinationIsp] = [ispName(source), ispName(destination)];
    const path = createPath(
      [asnOf(source, from), asnOf(source, out), asnOf(destination, to)],
      [sourceIsp, sourceIsp, destinationIsp],
    );
    paths.set(path.id, path);
  }
  return [...paths.values()];
}

interface Transfer {
  readonly facts: Omit<
    TransferEvent,
    'binMs' | 'part' | 'bytes' | 'startMs' | 'endMs' | 'maxRateBitsPerSecond'
  >;
  part: number;
  readonly parts: number;
}

const hex = (random: () => number, digits: number): string => {
  let text = '';
  while (text.length < digits)
    text += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return text.slice(0, digits);
};
const uuid = (random: () => number): string =>
  hex(random, 32).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5');
const hostName = (asn: number, host: number): string =>
  `host:${createHash('sha256').update(`${asn} ${host}`).digest('base64url')}`;

/** Of what the CDN's own network sends, some fills other edges. */
const kindFrom = (isp: string, random: () => number): TransferKind => {
  if (isp !== 'cdn') return 'client-to-client';
  const drawn = random();
  if (drawn < 0.9) return 'edge-to-client';
  return drawn < 0.95 ? 'edge-to-edge' : 'origin-to-edge';
};

const seed = 20_261;

/** Events in the order in which they happen, about evenly over the 5-minute bins; parts follow each other. */
function* createEvents({ events: total, days }: Workload): Generator<TransferEvent> {
  const durationMs = days * 86_400_000;
  const random = createRandom(seed);
  const paths = createPaths(random);
  const drawPath = createZipf(PATHS, random);
  const drawOwner = createZipf(OWNERS, random);
  const drawTitle = createZipf(titlesPerOwner, random);

  const end = (asn: number): { host: string; address: string } => {
    const host = Math.floor(random() * hostsPerAs);
    return { host: hostName(asn, host), address: `10.${(asn >> 8) & 255}.${asn & 255}.${host}` };
  };
  const begin = (): Transfer => {
    const path = paths[drawPath()]!;
    const [sourceAs, destinationAs] = [path.asPath[0]!, path.asPath[2]!];
    const [sourceIsp, destinationIsp] = [path.isps[0]!, path.isps[2]!];
    const owner = `owner${drawOwner()}`;
    const titleNumber = drawTitle();
    const title = `${owner}/film${titleNumber}.mp4`;
    const [source, destination] = [end(sourceAs), end(destinationAs)];
    return {
      facts: {
        transferId: uuid(random),
        kind: kindFrom(sourceIsp, random),
        source: source.host,
        sourceAddress: source.address,
        sourceAs,
        sourceIsp,
        destination: destination.host,
        destinationAddress: destination.address,
        destinationAs,
        destinationIsp,
        contentId: createHash('sha256').update(title).digest('hex'),
        title,
        owner,
        category: categories[titleNumber % categories.length]!,
        sizeBytes: 400_000_000,
        path,
      },
      part: 0,
      parts: 1 + Math.floor(random() * maximumParts),
    };
  };

  const running = Array.from({ length: concurrentTransfers }, begin);
  for (let index = 0; index < total; index += 1) {
    const slot = Math.floor(random() * concurrentTransfers);
    const transfer = running[slot]!;
    const startMs = FIRST_MS + Math.floor((index / total) * durationMs);
    const binMs = binOf(startMs);
    yield {
      ...transfer.facts,
      binMs,
      part: transfer.part,
      bytes: 1 + Math.floor(random() * 400_000_000),
      startMs,
      endMs: Math.min(startMs + Math.floor(random() * 60_000), binMs + BIN_MS),
      maxRateBitsPerSecond: Math.floor(random() * 1e9),
    };
    transfer.part += 1;
    if (transfer.part === transfer.parts) running[slot] = begin();
  }
}

/** As if parsed from a report: no string is one that was met before. The path is the resolver's own. */
function parsed(event: TransferEvent): TransferEvent {
  const { path, ...facts } = event;
  return { ...(JSON.parse(JSON.stringify(facts)) as Omit<TransferEvent, 'path'>), path };
}

/** Batches in the order in which their events happen; the last may have fewer. */
export function* createBatches(workload: Workload): Generator<CheckedBatch> {
  const { reporters, batchEvents } = workload;
  const events = createEvents(workload);
  const nextSequence = new Array<number>(reporters).fill(1);
  for (let index = 0; ; index += 1) {
    const reporter = index % reporters;
    const size = batchEvents[index % batchEvents.length]!;
    const messages: { sequence: number; outcome: 'events'; events: TransferEvent[] }[] = [];
    while (messages.length < size) {
      const next = events.next();
      if (next.done === true) break;
      const sequence = nextSequence[reporter]!++;
      messages.push({ sequence, outcome: 'events', events: [parsed(next.value)] });
    }
    if (messages.length === 0) return;
    const key = `r${reporter}`.padEnd(43, '_');
    yield { reporter: key, incarnation: '018f3b0a-0000-4000-8000-000000000000', messages };
  }
}
