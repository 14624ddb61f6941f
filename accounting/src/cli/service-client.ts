import type { accountingEndpoints, Client } from '@fairhop/shared/contract';
import type { Command } from 'commander';

export interface ServiceOptions {
  readonly accounting: string;
  readonly token?: string;
  readonly json?: boolean;
}

export type AccountingClient = Client<typeof accountingEndpoints>;

/** Options of every command that asks an accounting service. */
export function withServiceOptions(command: Command): Command {
  return command
    .option(
      '--accounting <url>',
      'accounting service (default: $FAIRHOP_ACCOUNTING, or http://127.0.0.1:4602)',
      process.env['FAIRHOP_ACCOUNTING'] ?? 'http://127.0.0.1:4602',
    )
    .option(
      '--token <token>',
      "operator's token (default: $FAIRHOP_TOKEN, which does not show in process lists)",
    )
    .option('--json', 'print one JSON document');
}

/** Asks the service, and ends the connections afterwards. */
export async function askAccounting<Result>(
  options: ServiceOptions,
  ask: (client: AccountingClient) => Promise<Result>,
): Promise<Result> {
  const {
    accountingEndpoints: endpoints,
    createClient,
    createHttpClient,
  } = await import('@fairhop/shared/contract');
  const http = createHttpClient();
  const token = options.token ?? process.env['FAIRHOP_TOKEN'];
  try {
    return await ask(
      createClient(endpoints, { http, baseUrl: options.accounting, ...(token !== undefined && { token }) }),
    );
  } finally {
    await http.close();
  }
}
