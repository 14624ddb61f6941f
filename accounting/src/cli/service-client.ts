import type { accountingEndpoints, Client } from '@fairhop/shared/contract';
import { dataDirHelp, withOperatorToken } from '@fairhop/shared/service';
import { type Command, Option } from 'commander';

export interface ServiceOptions {
  readonly accounting: string;
  readonly token?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
}

export type AccountingClient = Client<typeof accountingEndpoints>;

/** Options of every command that asks an accounting service. */
export function withServiceOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--accounting <url>', 'accounting service')
        .env('FAIRHOP_ACCOUNTING')
        .default('http://127.0.0.1:4602'),
    )
    .addOption(
      new Option(
        '--token <token>',
        "the operator's token, or an API key of an owner or ISP; in the environment it does not show in process lists",
      ).env('FAIRHOP_TOKEN'),
    )
    .addOption(new Option('--data-dir <dir>', dataDirHelp).env('FAIRHOP_DATA_DIR'))
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
  const { accounting: baseUrl } = options;
  return withOperatorToken(options, baseUrl, async (token) => {
    const http = createHttpClient();
    try {
      return await ask(createClient(endpoints, { http, baseUrl, ...(token !== undefined && { token }) }));
    } finally {
      await http.close();
    }
  });
}
