import {
  accountingEndpoints,
  coordinatorEndpoints,
  createClient,
  createHttpClient,
} from '@fairhop/shared/contract';
import type { Clock } from '@fairhop/shared/service';
import type { AllInOne } from '../up/all-in-one.js';
import type { AccountingClient } from './questions.js';
import { startServices } from './services.js';
import { type DemoSetting, EDGE_RATE_BITS_PER_SECOND, PART_MS, UPLINK_RATE } from './setting.js';
import { CDN_ADDRESS } from './topology.js';
import { type Typing, typingAs } from './typing.js';

export interface Stage {
  readonly all: AllInOne;
  /** As the operator. */
  readonly accounting: AccountingClient;
  readonly operator: Typing;
  /** With an API key of that ISP. */
  readonly sp1: Typing;
}

/** Starts the services of the demo's internet, and gives those who act in it what they ask them with. */
export const startAll = async (
  { directory, story, signal }: DemoSetting,
  accountingClock: Clock,
  undo: (() => Promise<unknown>)[],
): Promise<Stage> => {
  story.chapter('An internet of three ISPs, a backbone and a CDN');
  const all = await startServices(directory, {
    edgeRateBitsPerSecond: EDGE_RATE_BITS_PER_SECOND,
    edgeMaxPartMs: PART_MS,
    accountingClock,
  });
  undo.push(all.stop);
  story.line(
    'SP1 127.1/16 and SP2 127.2/16 peer; SP3 127.3/16 buys transit from SP2; the backbone serves SP1 and SP2',
  );
  story.line(
    `the CDN's edge on ${CDN_ADDRESS} gives ${EDGE_RATE_BITS_PER_SECOND / 1e6} Mbit/s in all, each uplink ${UPLINK_RATE}`,
  );
  const http = createHttpClient();
  undo.push(() => http.close());
  const asOperator = { http, token: all.operatorToken };
  const accounting = createClient(accountingEndpoints, { ...asOperator, baseUrl: all.accountingUrl });
  const coordinator = createClient(coordinatorEndpoints, { ...asOperator, baseUrl: all.coordinatorUrl });
  const { apiKey } = await coordinator.createIspApiKey({ params: { isp: 'sp1' } });
  return {
    ...{ all, accounting },
    operator: typingAs(all.operatorToken, all, signal),
    sp1: typingAs(apiKey, all, signal),
  };
};
