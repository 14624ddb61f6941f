import { type Agreement, FairhopError } from '@fairhop/shared/model';
import { formatBitRate, formatBytes, formatTable, parseByteSize } from '@fairhop/shared/service';
import { type CoordinatorClient, callAndPrint, parseOption } from './call.js';
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

export async function listAgreements(isp: string | undefined, options: CallOptions): Promise<void> {
  await callAndPrint(
    options,
    (client) => (isp === undefined ? readAllAgreements(client) : client.listAgreements({ params: { isp } })),
    ({ agreements }) =>
      agreements.length === 0
        ? `${isp ?? 'no ISP'} has ${isp ? 'no ' : ''}agreements`
        : agreementTable(agreements),
  );
}

/** All that the caller may see: an ISP's key shows that ISP's. */
async function readAllAgreements(client: CoordinatorClient): Promise<{ agreements: Agreement[] }> {
  const { isps } = await client.listIsps({});
  const results = await Promise.allSettled(
    isps.map(({ id }) => client.listAgreements({ params: { isp: id } })),
  );
  const refusals = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
  const unexpected = refusals.find((reason) => !(reason instanceof FairhopError && reason.status === 403));
  if (unexpected !== undefined) throw unexpected;
  if (refusals.length > 0 && refusals.length === results.length) throw refusals[0];
  const seen = results.filter((result) => result.status === 'fulfilled');
  return { agreements: seen.flatMap(({ value }) => value.agreements) };
}

export async function withdrawAgreement(isp: string, id: string, options: CallOptions): Promise<void> {
  await callAndPrint(
    options,
    (client) => client.withdrawAgreement({ params: { isp, id } }),
    () => `agreement ${id} of ${isp} is withdrawn`,
  );
}

const agreementTable = (agreements: readonly Agreement[], nowMs = Date.now()): string =>
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
      {
        header: 'VALID (UTC)',
        cell: ({ validFromMs, validUntilMs }) => `${minuteText(validFromMs)} to ${minuteText(validUntilMs)}`,
      },
      { header: 'STATE', cell: (agreement) => stateText(agreement, nowMs) },
    ],
    agreements,
  );

const limitText = (value: number | undefined, format: (value: number) => string): string =>
  value === undefined ? 'unlimited' : format(value);

const minuteText = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ');

function stateText({ withdrawnMs, validFromMs, validUntilMs }: Agreement, nowMs: number): string {
  if (withdrawnMs !== undefined) return `withdrawn ${minuteText(withdrawnMs)}`;
  if (nowMs < validFromMs) return 'not yet';
  return nowMs < validUntilMs ? 'in force' : 'ended';
}
