import { randomBytes } from 'node:crypto';
import type { Alert } from '@fairhop/shared/contract';
import { formatBytes } from '@fairhop/shared/service';
import { poll } from './poll.js';
import type { AccountingClient } from './questions.js';
import { type DemoSetting, OWNER } from './setting.js';
import { exactBytes, type Story } from './story.js';
import { CDN_ADDRESS } from './topology.js';
import { createWebhookReceiver } from './webhook-receiver.js';

const BUDGET = 'moviestudio-launch';
/** The budget, as a share of everything that will be delivered: the last tenth is over it. */
const BUDGET_SHARE = 0.9;
const STEPS_PERCENT = [80, 100];

/** Sets a budget of which the deliveries will be more than enough, and listens for its alerts. */
export const setBudget = async (
  { story }: DemoSetting,
  accounting: AccountingClient,
  expectedBytes: number,
  undo: (() => Promise<unknown>)[],
): Promise<ReturnType<typeof createWebhookReceiver>> => {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const receiver = createWebhookReceiver(secret);
  const webhookUrl = await receiver.start(CDN_ADDRESS);
  undo.push(receiver.stop);
  const limitBytes = Math.floor(expectedBytes * BUDGET_SHARE);
  await accounting.putBudget({
    params: { id: BUDGET },
    body: {
      owner: OWNER,
      limitBytes,
      // A month may end while the demo runs.
      period: 'total',
      stepsPercent: STEPS_PERCENT,
      webhook: { url: webhookUrl, secret },
    },
  });
  story.line(
    `${OWNER} sets a budget of ${formatBytes(limitBytes)} in total and wants to hear at ${STEPS_PERCENT.join(' % and ')} %`,
  );
  return receiver;
};

/** The delivered alerts, once both steps are or time is up. */
export const untilAlerted = (accounting: AccountingClient, signal: AbortSignal): Promise<Alert[]> =>
  poll(
    async () => {
      const { alerts } = await accounting.listAlerts({ query: { budget: BUDGET } });
      return alerts
        .filter(({ deliveredMs }) => deliveredMs !== null)
        .sort((left, right) => left.stepPercent - right.stepPercent);
    },
    (delivered) => delivered.length >= STEPS_PERCENT.length,
    signal,
  );

export const tellAlerts = (story: Story, alerts: readonly Alert[], verifiedWebhooks: number): void => {
  story.chapter('The budget warns');
  for (const alert of alerts)
    story.line(
      `${alert.budget} reached ${alert.stepPercent} %: ${exactBytes(alert.usedBytes)} at ${new Date(alert.crossedMs).toISOString()}, delivered by signed webhook`,
    );
  story.line(`the receiver verified ${verifiedWebhooks} signatures`);
};
