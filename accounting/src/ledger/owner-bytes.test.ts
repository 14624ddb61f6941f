import { BIN_MS, type TransferKind } from '@fairhop/shared/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batch, event, eventsMessage, openTestLedger, START_MS, uuid } from './test-support.js';

describe('bytes of an owner', () => {
  it('are those delivered to clients in the bins that begin within the time', async () => {
    const test = await openTestLedger();
    const bin = fc.integer({ min: -40, max: 40 });
    let sequence = 0;
    const booked: { owner: string; binMs: number; bytes: number }[] = [];
    const kind = fc.constantFrom<TransferKind[]>(
      ...(['edge-to-client', 'client-to-client', 'edge-to-edge', 'origin-to-edge'] as const),
    );
    const one = fc.record({ owner: fc.constantFrom('alpha', 'beta'), bin, kind, bytes: fc.nat(1_000_000) });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 10 }), bin, bin, (events, from, to) => {
        for (const { owner, bytes, bin: offset, kind } of events) {
          sequence += 1;
          const binMs = START_MS + offset * BIN_MS;
          if (kind.endsWith('-to-client')) booked.push({ owner, binMs, bytes });
          test.ledger.book(
            batch([
              eventsMessage(
                sequence,
                event({ transferId: uuid(sequence), owner, title: `${owner}/film`, binMs, bytes, kind }),
              ),
            ]),
          );
        }
        const [fromMs, toMs] = [START_MS + from * BIN_MS, START_MS + to * BIN_MS];
        const sum = booked
          .filter(({ owner, binMs }) => owner === 'alpha' && binMs >= fromMs && binMs < toMs)
          .reduce((total, { bytes }) => total + bytes, 0);
        expect(test.ledger.ownerBytes('alpha', fromMs, toMs)).toBe(sum);
        expect(test.ledger.ownerBytes('nobody', fromMs, toMs)).toBe(0);
      }),
      { numRuns: 50 },
    );
    const all = booked
      .filter(({ owner }) => owner === 'alpha')
      .reduce((total, { bytes }) => total + bytes, 0);
    expect(test.ledger.ownerBytes('alpha', 0, 8_640_000_000_000_000)).toBe(all);
    await test.remove();
  });
});
