import type { accountingEndpoints, Client, Query } from '@fairhop/shared/contract';
import type { DemoQueries, MatrixCell } from './report.js';

export type AccountingClient = Client<typeof accountingEndpoints>;

export interface QuestionContext {
  readonly accounting: AccountingClient;
  readonly owner: string;
  /** Zone in which it is evening now. */
  readonly timeZone: string;
  readonly quarter: string;
  /** `host:<agent key>` */
  readonly host: string;
}

export interface Answers {
  readonly queries: DemoQueries;
  /** SP1→SP2 outside 18:00 to 00:00: nothing. */
  readonly sp1ToSp2Daytime: number;
}

const crossing = { leaves: 'SP1', enters: 'SP2' };

/** The five settlement queries of the demo. */
export const askTheFive = async ({
  accounting,
  owner,
  timeZone,
  quarter,
  host,
}: QuestionContext): Promise<Answers> => {
  const value = async (body: Partial<Query> & Pick<Query, 'measure'>): Promise<number> =>
    (await accounting.query({ body })).value;
  const hours = (from: string, to: string) => ({ timeZone, hours: { from, to } });
  return {
    queries: {
      sp1ToSp2Evening: await value({ measure: 'bytes', ...crossing, time: hours('18:00', '24:00') }),
      ownerSp1ToSp2: await value({ measure: 'bytes', ...crossing, owner }),
      ownerDeliveredToSp1: await value({ measure: 'bytes', owner, destination: 'SP1' }),
      filesReceivedByHost: await value({ measure: 'files', owner, destinationHost: host }),
      sp1Sp2Difference: await value({
        measure: 'difference',
        ...crossing,
        time: { timeZone, period: quarter },
      }),
    },
    sp1ToSp2Daytime: await value({ measure: 'bytes', ...crossing, time: hours('00:00', '18:00') }),
  };
};

/** Bytes by source and destination ISP, largest first. */
export const ispMatrix = async (accounting: AccountingClient): Promise<MatrixCell[]> => {
  const { rows } = await accounting.query({
    body: { measure: 'bytes', groupBy: ['sourceIsp', 'destinationIsp'] },
  });
  return rows.map(({ key, value }) => ({
    from: String(key['sourceIsp'] ?? 'unknown'),
    to: String(key['destinationIsp'] ?? 'unknown'),
    bytes: value,
  }));
};

/** What the ledger knows of bytes between ASes: everything that did not stay within one. */
export const ledgerCrossAsBytes = async (accounting: AccountingClient): Promise<number> => {
  const { rows } = await accounting.query({
    body: { measure: 'bytes', groupBy: ['sourceAs', 'destinationAs'] },
  });
  return rows
    .filter(({ key }) => key['sourceAs'] !== key['destinationAs'])
    .reduce((total, { value }) => total + value, 0);
};
