import { expect, it } from 'vitest';
import { honest, type SimulatedAgent, type Transfer } from './model.js';
import { tellResult } from './verdict.js';
import type { World } from './world-model.js';

/** What is verified and what is settled of each transfer between two honest agents. */
function resultOf(transfers: readonly { verifiedBytes: number; settledBytes: number }[]) {
  const settled = new Map(transfers.map(({ settledBytes }, index) => [`transfer-${index}`, settledBytes]));
  const [uploader, downloader] = ['one', 'other'].map(
    (key) => ({ identity: { key }, conduct: honest }) as SimulatedAgent,
  );
  const world = {
    transfers: transfers.map(({ verifiedBytes }, index) => {
      const order = { grant: { transferId: `transfer-${index}` } };
      return { order, uploader, downloader, verifiedBytes, isInvented: false } as Transfer;
    }),
    books: {
      ledger: { beliefs: { transfer: (id: string) => ({ belief: { settledBytes: settled.get(id) } }) } },
      billableBytes: () => transfers.reduce((sum, { settledBytes }) => sum + settledBytes, 0),
    },
    desk: { wasQuarantined: () => false },
    tally: { cheaters: new Map(), honestSuspects: new Map() },
    ...{ refusedOfHonest: [], edgeBytes: 0, collusionBoundBytes: 0 },
  } as unknown as World;
  return tellResult(1, world, [uploader!, downloader!]);
}

it('does not make up for bytes that are missing in one transfer with too many in another', () => {
  const { honestUnsettledBytes, honestOversettledBytes } = resultOf([
    { verifiedBytes: 10, settledBytes: 4 },
    { verifiedBytes: 5, settledBytes: 12 },
    { verifiedBytes: 3, settledBytes: 3 },
  ]);
  expect({ honestUnsettledBytes, honestOversettledBytes }).toEqual({
    honestUnsettledBytes: 6,
    honestOversettledBytes: 7,
  });
});
