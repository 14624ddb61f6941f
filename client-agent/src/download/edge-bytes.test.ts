import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemoryPieceStore } from '../storage/memory-piece-store.js';
import { createDownload } from './download.js';
import { makeContent, VirtualUplink } from './virtual-swarm.js';
import { seededRandom, VirtualTime } from './virtual-time.js';

const KIB = 1024;
const contents = [16, 64, 256, 1024].map((kib) => makeContent(1_300_000, kib * KIB));
const PIECES = Math.ceil(1_300_000 / (16 * KIB));

const peerArbitrary = fc.record({
  onNet: fc.boolean(),
  bitsPerSecond: fc.integer({ min: 100_000, max: 4_000_000 }),
  /** Pieces that it holds from the start; it gets the others one by one if `gains`. */
  holds: fc.array(fc.boolean(), { minLength: PIECES, maxLength: PIECES }),
  gains: fc.boolean(),
  joinsMs: fc.nat(3000),
  stallsMs: fc.option(fc.record({ at: fc.nat(3000), for: fc.integer({ min: 2000, max: 8000 }) })),
  leavesMs: fc.option(fc.integer({ min: 1000, max: 10_000 })),
});

describe('what an edge sends', () => {
  it('is used to the byte, whatever peers do beside it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          content: fc.constantFrom(...contents),
          peers: fc.array(peerArbitrary, { maxLength: 6 }),
          edges: fc.array(fc.integer({ min: 150_000, max: 4_000_000 }), { minLength: 1, maxLength: 2 }),
          mode: fc.constantFrom('rarest' as const, 'in-order' as const),
          shared: fc.boolean(),
          qualityFloorBitsPerSecond: fc.constantFrom(0, 20_000_000),
          seed: fc.nat(),
        }),
        async ({ content: { bytes, manifest }, peers, edges, mode, shared, seed, ...config }) => {
          const time = new VirtualTime();
          const store = createMemoryPieceStore(manifest);
          const acknowledged: number[] = [];
          let complete = false;
          const download = createDownload(
            { manifest, mode, noSourcesTimeoutMs: 60_000, own: 'me', ...config },
            {
              store,
              timers: time,
              random: seededRandom(seed),
              fetchLeaves: async () => Promise.reject(new Error('none')),
              ownAsn: () => 1,
              onVerified: () => undefined,
              onBadData: () => undefined,
            },
          );
          void download.finished.then(() => {
            complete = true;
          });
          const uplink = (bitsPerSecond: number): VirtualUplink =>
            new VirtualUplink(time, bitsPerSecond, (piece, offset, length) => {
              const start = piece * manifest.pieceLengthBytes + offset;
              return bytes.subarray(start, start + length);
            });
          const network = { asn: 1, isp: 'sp1', costClass: 0 };
          const edgeUplinks = edges.map((bitsPerSecond, index) => {
            const edge = uplink(bitsPerSecond);
            download.addSource(
              edge.source({
                id: `e${index}`,
                kind: 'edge',
                network: { ...network, onNet: false },
                holds: () => true,
              }),
            );
            return edge;
          });
          peers.forEach((peer, index) => {
            const from = uplink(peer.bitsPerSecond);
            const holds = [...peer.holds];
            const source = from.source({
              id: `p${index}`,
              kind: 'peer',
              network: { ...network, onNet: peer.onNet },
              holds: (piece) => holds[piece]!,
            });
            source.acknowledge = (verified) => acknowledged.push(verified);
            time.after(peer.joinsMs, () => download.addSource(source, `p${index}`));
            if (peer.stallsMs) {
              const { at, for: durationMs } = peer.stallsMs;
              time.after(at, () => from.stallFor(durationMs));
            }
            if (peer.leavesMs !== null) time.after(peer.leavesMs, () => source.close('gone'));
            const gain = (): void => {
              const piece = holds.indexOf(false);
              if (piece < 0 || complete) return;
              holds[piece] = true;
              source.onChange?.([piece]);
              time.after(60, gain);
            };
            if (peer.gains) time.after(peer.joinsMs, gain);
          });
          if (shared) download.setFetchers(['me', 'p0', 'other']);
          download.start();
          await time.run(() => complete, 600_000);
          expect(complete).toBe(true);
          const snapshot = download.snapshot();
          expect(snapshot.bytesFromEdges).toBe(
            edgeUplinks.reduce((sum, { sentBytes }) => sum + sentBytes, 0),
          );
          expect(snapshot.bytesFromPeers).toBe(acknowledged.reduce((sum, one) => sum + one, 0));
          expect(snapshot.bytes).toBe(bytes.length);
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);
});
