import type { Agreement } from '@fairhop/shared/model';
import { formatBitRate, formatBytes, formatTable, parseByteSize } from '@fairhop/shared/service';
import { callAndPrint, parseOption } from './call.js';
import type { CallOptions } from './command-kit.js';
import { parsePrice, readTerms, type TermsOptions } from './terms.js';

export async function listIsps(options: CallOptions): Promise<void> {
  await callAndPrint(
    options,
    (client) => client.listIsps({}),
    ({ isps }) =>
      isps.length === 0
        ? 'the AS graph has no ISPs'
        : formatTable(
            [
              { header: 'ISP', cell: ({ id }) => id },
              { header: 'NAME', cell: ({ name }) => name },
              { header: 'ASES', cell: ({ asns }) => asns.join(' ') },
              { header: 'AGREEMENTS', cell: ({ agreements }) => String(agreements), align: 'right' },
              { header: 'PERMIT KEYS', cell: ({ permitKeys }) => String(permitKeys), align: 'right' },
            ],
            isps,
          ),
  );
}

export async function createIspApiKey(isp: string, options: CallOptions): Promise<void> {
  await callAndPrint(
    options,
    (client) => client.createIspApiKey({ params: { isp } }),
    ({ apiKey }) => apiKey,
  );
}

export async function setAgreement(
  isp: string,
  id: string,
  options: CallOptions & TermsOptions & { monthlyBytesTotal?: string; price?: string },
): Promise<void> {
  const { monthlyBytesTotal: total, price } = options;
  const body = {
    ...readTerms(options, Date.now()),
    ...(total !== undefined && {
      monthlyBytesTotal: parseOption('--monthly-bytes-total', total, parseByteSize),
    }),
    ...(price !== undefined && { price: parseOption('--price', price, parsePrice) }),
  };
  await callAndPrint(
    options,
    (client) => client.putAgreement({ params: { isp, id }, body }),
    (agreement) => agreementTable([agreement]),
  );
}

export async function listAgreements(isp: string, options: CallOptions): Promise<void> {
  await callAndPrint(
    options,
    (client) => client.listAgreements({ params: { isp } }),
    ({ agreements }) => (agreements.length === 0 ? `${isp} has no agreements` : agreementTable(agreements)),
  );
}

export async function withdrawAgreement(isp: string, id: string, options: CallOptions): Promise<void> {
  await callAndPrint(
    options,
    (client) => client.withdrawAgreement({ params: { isp, id } }),
    () => `agreement ${id} of ${isp} is withdrawn`,
  );
}

const agreementTable = (agreements: readonly Agreement[]): string =>
  formatTable(
    [
      { header: 'AGREEMENT', cell: ({ isp, id }) => `${isp}/${id}` },
      { header: 'NETWORKS', cell: ({ networks }) => networks.join(' ') },
      { header: 'RATE', cell: ({ maxRateBitsPerSecond: rate }) => limitText(rate, formatBitRate) },
      {
        header: 'HOURS',
        cell: ({ hours }) => (hours ? `${hours.from}-${hours.to} ${hours.timeZone}` : 'all'),
      },
      { header: 'MONTHLY', cell: ({ monthlyBytesPerSubscriber: bytes }) => limitText(bytes, formatBytes) },
      { header: 'MONTHLY TOTAL', cell: ({ monthlyBytesTotal: bytes }) => limitText(bytes, formatBytes) },
      { header: 'CATEGORIES', cell: ({ categories }) => categories?.join(' ') ?? 'all' },
      { header: 'STATE', cell: stateText },
    ],
    agreements,
  );

const limitText = (value: number | undefined, format: (value: number) => string): string =>
  value === undefined ? 'unlimited' : format(value);

function stateText({ withdrawnMs, validFromMs, validUntilMs }: Agreement): string {
  if (withdrawnMs !== undefined) return `withdrawn ${new Date(withdrawnMs).toISOString()}`;
  return `${new Date(validFromMs).toISOString()} to ${new Date(validUntilMs).toISOString()}`;
}
