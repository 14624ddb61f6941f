import { BIN_MS, type ChargedUsage, type RatePlan, transferKindSchema } from '@fairhop/shared/model';
import fc from 'fast-check';
import type { CheckedMessage } from '../ledger/event.js';
import type { Ledger } from '../ledger/ledger.js';
import {
  batch,
  contentId,
  event,
  eventsMessage,
  pathOf,
  peerMessage,
  statementMessage,
  uuid,
} from '../ledger/test-support.js';

const asn = fc.integer({ min: 64_501, max: 64_504 });
/** Two ASes for each ISP. */
const ispOf = (value: number): string => `sp${Math.ceil((value - 64_500) / 2)}`;
const network = fc.constantFrom('sp1', 'sp2', 'as:64502');
const minute = fc.constantFrom('00:00', '06:00', '18:30', '22:05');

/** One transfer of two parts, with what its ends say of it, each at its own time; or a completion of a file. */
const anyTransfer = (bins: { readonly fromMs: number; readonly count: number }) =>
  fc.record({
    asPath: fc.uniqueArray(asn, { minLength: 1, maxLength: 3 }),
    isAttributed: fc.boolean(),
    binMs: fc.nat(bins.count - 2).map((bin) => bins.fromMs + bin * BIN_MS),
    owner: fc.constantFrom('alpha', 'beta'),
    name: fc.constantFrom('a', 'b'),
    kind: fc.constantFrom(...transferKindSchema.options, 'client-to-client' as const),
    host: fc.constantFrom('host:x', 'host:y'),
    bytes: fc.tuple(fc.nat(800_000), fc.nat(800_000)),
    sentBytes: fc.option(fc.nat(1_600_000)),
    isLast: fc.boolean(),
    isCompleted: fc.boolean(),
  });

/** What reporters tell, in some order, each message possibly twice, and after how many of them batches end. */
export const anyReports = (bins: { readonly fromMs: number; readonly count: number }) =>
  fc
    .array(anyTransfer(bins), { minLength: 1, maxLength: 10 })
    .chain((transfers) => {
      const messages = transfers.flatMap((transfer, index) => messagesOf(transfer, index));
      return fc.record({
        order: fc.shuffledSubarray([...messages.keys()], { minLength: messages.length }),
        again: fc.subarray([...messages.keys()]),
        batchSize: fc.integer({ min: 1, max: 6 }),
        messages: fc.constant(messages),
      });
    })
    .map(({ order, again, batchSize, messages }) => {
      const told = [...order, ...again].map((index) => messages[index]!);
      return Array.from({ length: Math.ceil(told.length / batchSize) }, (_, at) =>
        told.slice(at * batchSize, (at + 1) * batchSize),
      );
    });

type Transfer = ReturnType<typeof anyTransfer> extends fc.Arbitrary<infer Value> ? Value : never;

function messagesOf(transfer: Transfer, index: number): CheckedMessage[] {
  const { asPath, owner, name, host, kind, bytes, sentBytes, isLast, isCompleted } = transfer;
  const [sourceAs, destinationAs] = [asPath[0]!, asPath.at(-1)!];
  const isPeer = kind === 'client-to-client';
  const parts = bytes.map((size, part) =>
    event({
      transferId: uuid(index),
      binMs: transfer.binMs + part * BIN_MS,
      ...{ part, kind, owner, bytes: size, sourceAs, destinationAs },
      source: isPeer ? 'host:u' : 'host:edge',
      destination: host,
      sourceIsp: ispOf(sourceAs),
      destinationIsp: ispOf(destinationAs),
      title: `${owner}/${name}`,
      contentId: contentId(`${owner}/${name}`),
      sizeBytes: 300_000,
      category: name === 'a' ? 'video' : 'live',
      path: transfer.isAttributed ? pathOf(asPath, ispOf) : null,
      ...(isPeer && { fromBytes: part === 0 ? 0 : bytes[0] }),
    }),
  );
  const message = (part: (typeof parts)[number]): CheckedMessage =>
    isPeer ? peerMessage(0, part) : eventsMessage(0, part);
  const [first] = parts;
  const { contentId: content, title, sizeBytes } = first!;
  return [
    ...parts.map(message),
    ...(isPeer && sentBytes !== null ? [statementMessage(0, first!, { sentBytes, isLast })] : []),
    ...(isCompleted
      ? [
          {
            sequence: 0,
            outcome: 'completion' as const,
            completion: { host, contentId: content, title, sizeBytes, timeMs: transfer.binMs },
          },
        ]
      : []),
  ];
}

/** Books a batch as a reporter of its own. */
export function bookReports(ledger: Ledger, messages: readonly CheckedMessage[], number: number): void {
  const told = messages.map((message, index) => ({ ...message, sequence: index }));
  ledger.book(batch(told, 'reporter'), number);
}

const measuredPlan = fc.oneof(
  fc.constant<RatePlan>({ type: 'per-unit', price: '1' }),
  fc
    .constantFrom('forward', 'backward', 'larger', 'sum')
    .map((direction): RatePlan => ({ type: 'percentile95', price: '1', direction })),
);
const filters = {
  leaves: network,
  enters: network,
  crosses: fc.constantFrom(['isp:sp1'], ['link:as:64501>as:64502', 'as:64503']),
  source: network,
  destination: network,
  owner: fc.constantFrom('alpha', 'beta', 'nobody'),
  title: fc.constantFrom('alpha/a', 'beta/b', 'nobody/c'),
  category: fc.constantFrom('video', 'live'),
  kind: fc.constantFrom('client-to-client', 'edge-to-client'),
  hours: fc.record({ from: minute, to: minute }),
};
/** Few at once, so that something is left to count. */
const anyFilter = fc
  .subarray(Object.keys(filters) as (keyof typeof filters)[], { maxLength: 2 })
  .chain((names) => {
    const chosen = Object.fromEntries(names.map((name) => [name, filters[name] as fc.Arbitrary<unknown>]));
    return fc.record(chosen) as fc.Arbitrary<ChargedUsage>;
  });

/** What a charge may count. */
export const anyCharged = fc.oneof(
  { weight: 4, arbitrary: fc.record({ usage: anyFilter, plan: measuredPlan }) },
  {
    weight: 1,
    arbitrary: fc.record({
      usage: fc.record({ owner: fc.constantFrom('alpha', 'beta') }).map((usage): ChargedUsage => usage),
      plan: fc.constant<RatePlan>({ type: 'royalty', pricePerFile: '0.5' }),
    }),
  },
);
