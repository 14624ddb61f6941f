import { createHash } from 'node:crypto';
import type { CheckedBatch, ResolvedPath, TransferEvent } from '@fairhop/accounting/ledger';
import { asId, BIN_MS, binOf, ispComponentId, linkId, type PathElement } from '@fairhop/shared/model';

export const PATHS = 2_000;
export const OWNERS = 100;
const isps = 20;
const asesPerIsp = 10;
const hostsPerAs = 100;
const titlesPerOwner = 50;
/** Transfers that run at the same time and report in turn. */
const concurrentTransfers = 64;
const maximumParts = 5;

export const FIRST_MS = Date.UTC(2026, 6, 1);
const durationMs = 92 * 86_400_000;
/** Events that fill the quarter. */
export const QUARTER_EVENTS = 2_000_000;

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

const ispName = (isp: number): string => (isp === 2 ? 'cdn' : `sp${isp + 1}`);
const asnOf = (isp: number, index: number): number => 64_000 + isp * asesPerIsp + index;

/** Four ASes, three links, two ISPs: nine components. */
function createPath(asPath: readonly number[], pathIsps: readonly string[]): ResolvedPath {
  const ways = asPath.flatMap((asn, index) =>
    index === 0 ? [asId(asn)] : [linkId(asPath[index - 1]!, asn), asId(asn)],
  );
  const components = [...ways, ...new Set(pathIsps.map(ispComponentId))];
  const digest = createHash('sha256')
    .update([...components, ...pathIsps].join('\n'))
    .digest('hex');
  const elements = components.map(
    (component): PathElement => ({ component, source: 'bgp', confidence: 100, billable: true }),
  );
  return { id: `path:${digest}`, asPath, isps: pathIsps, elements };
}

function createPaths(random: () => number): ResolvedPath[] {
  const drawIsp = createZipf(isps, random);
  const drawAs = (): number => Math.floor(random() * asesPerIsp);
  const paths = new Map<string, ResolvedPath>();
  while (paths.size < PATHS) {
    const [source, destination] = [drawIsp(), drawIsp()];
    const [from, out, into, to] = [drawAs(), drawAs(), drawAs(), drawAs()];
    if (source === destination || from === out || into === to) continue;
    const [sourceIsp, destinationIsp] = [ispName(source), ispName(destination)];
    const path = createPath(
      [asnOf(source, from), asnOf(source, out), asnOf(destination, into), asnOf(destination, to)],
      [sourceIsp, sourceIsp, destinationIsp, destinationIsp],
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

/** Events of one quarter in the order in which they happen, about evenly over its 5-minute bins; parts follow each other. */
export function* createEvents(total = QUARTER_EVENTS, seed = 20_261): Generator<TransferEvent> {
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
    const [sourceAs, destinationAs] = [path.asPath[0]!, path.asPath[3]!];
    const [sourceIsp, destinationIsp] = [path.isps[0]!, path.isps[3]!];
    const owner = `owner${drawOwner()}`;
    const title = `${owner}/film${drawTitle()}.mp4`;
    const [source, destination] = [end(sourceAs), end(destinationAs)];
    return {
      facts: {
        transferId: uuid(random),
        kind: sourceIsp === 'cdn' ? 'edge-to-client' : 'client-to-client',
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
        category: 'video',
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
    const startMs = FIRST_MS + Math.floor((index / QUARTER_EVENTS) * durationMs);
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

/** The next batches, a message per event; fewer when the events end. */
export function takeBatches(
  events: Iterator<TransferEvent>,
  batches: number,
  batchEvents: number,
  firstSequence: number,
): CheckedBatch[] {
  let sequence = firstSequence;
  return Array.from({ length: batches }, () => {
    const messages: { sequence: number; outcome: 'events'; events: TransferEvent[] }[] = [];
    while (messages.length < batchEvents) {
      const next = events.next();
      if (next.done === true) break;
      messages.push({ sequence: sequence++, outcome: 'events', events: [parsed(next.value)] });
    }
    return { reporter: 'r'.repeat(43), incarnation: '018f3b0a-0000-4000-8000-000000000000', messages };
  });
}
