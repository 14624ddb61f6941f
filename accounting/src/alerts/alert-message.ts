import { createHash } from 'node:crypto';
import type { Alert, ShownNotice } from '@fairhop/shared/contract';
import { formatBytes } from '@fairhop/shared/service';
import type { StoredBudget } from './budget-store.js';

type Delivery = 'state' | 'deliveredMs' | 'attempts' | 'lastError' | 'deliveries';
/** What is recorded of an alert beside its delivery. */
export type AlertFacts = Omit<Alert, Delivery>;
export type NoticeFacts = Omit<ShownNotice, Delivery>;

/** Made from what happened, so that whoever finds out twice tells one alert. */
export function alertId(
  { id, sinceMs }: Pick<StoredBudget, 'id' | 'sinceMs'>,
  {
    kind,
    stepPercent,
    occurrence,
    periodStartMs,
  }: Pick<AlertFacts, 'kind' | 'stepPercent' | 'occurrence' | 'periodStartMs'>,
): string {
  return messageId([id, sinceMs, periodStartMs, stepPercent, occurrence, kind]);
}

export const messageId = (name: readonly unknown[]): string =>
  `msg_${createHash('sha256').update(JSON.stringify(name)).digest('hex').slice(0, 32)}`;

/** The body as Standard Webhooks recommends it: type, timestamp, data. */
export function alertPayload(facts: AlertFacts, budget: StoredBudget) {
  const { kind, reason, stepPercent, occurrence, action, periodStartMs, thresholdBytes } = facts;
  return {
    type: `budget.step-${kind}` as const,
    timestamp: new Date(facts.crossedMs).toISOString(),
    data: {
      budget: budget.id,
      owner: budget.owner,
      ...(budget.title !== undefined && { title: budget.title }),
      ...(budget.category !== undefined && { category: budget.category }),
      direction: budget.direction,
      basis: budget.basis,
      stepPercent,
      occurrence,
      ...(action !== null && { action }),
      ...(reason !== null && { reason }),
      period: budget.period,
      periodStartMs,
      timeZone: budget.timeZone,
      limitBytes: budget.limitBytes,
      thresholdBytes,
      usedBytes: facts.usedBytes,
      ...(facts.forecastBytes !== null && { forecastBytes: facts.forecastBytes }),
    },
  };
}
type AlertPayload = ReturnType<typeof alertPayload>;

export function noticePayload({ id: _, foundMs, ...data }: NoticeFacts) {
  return { type: 'schedule.result' as const, timestamp: new Date(foundMs).toISOString(), data };
}
export type Payload = AlertPayload | ReturnType<typeof noticePayload>;

const actionTexts = {
  'no-peers': 'its titles come from edges alone',
  'off-peak-only': 'its titles are delivered in off-peak hours only',
  'priority-customers-only': 'its titles are delivered to priority customers only',
  stop: 'its titles are not delivered any more',
};
const reasonTexts = {
  usage: 'usage is on the other side of the step again',
  'period-ended': 'the period is over',
  'budget-changed': 'the budget was changed',
};

/** The same for people who read it in their mail. */
export const textOf = (payload: Payload): { subject: string; text: string } =>
  payload.type === 'schedule.result' ? noticeText(payload) : alertText(payload);

function noticeText({ timestamp, data }: ReturnType<typeof noticePayload>) {
  const head = `Schedule ${data.schedule}: ${data.savedQuery} is ${data.direction} ${data.threshold}`;
  const lines = [
    `Result: ${data.value}`,
    `Of the run for: ${new Date(data.dueMs).toISOString()}`,
    `Found at: ${timestamp}`,
  ];
  return { subject: head, text: `${head}\n\n${lines.join('\n')}\n` };
}

function alertText({ type, timestamp, data }: AlertPayload) {
  const isReached = type === 'budget.step-reached';
  const side = data.direction === 'above' ? 'reached' : 'stays below';
  const head = `Budget ${data.budget}: ${data.stepPercent} % ${isReached ? side : 'is resolved'}`;
  const what = data.title ?? (data.category === undefined ? 'all titles' : `category ${data.category}`);
  const bytes = (count: number): string => `${formatBytes(count)} (${count} bytes)`;
  const lines = [
    `Owner: ${data.owner}, ${what}`,
    `Period: ${data.period === 'total' ? 'all time' : `${data.period} from ${new Date(data.periodStartMs).toISOString()}`} (${data.timeZone})`,
    `Limit: ${bytes(data.limitBytes)}; this step: ${bytes(data.thresholdBytes)}`,
    `Used: ${bytes(data.usedBytes)}`,
    ...(data.forecastBytes === undefined
      ? []
      : [`Forecast for the period's end: ${bytes(data.forecastBytes)}`]),
    ...(data.action === undefined
      ? []
      : [`Action: ${isReached ? actionTexts[data.action] : `${data.action} is over`}`]),
    ...(data.reason === undefined ? [] : [`Why: ${reasonTexts[data.reason]}`]),
    `Found at: ${timestamp}`,
  ];
  return { subject: head, text: `${head}\n\n${lines.join('\n')}\n` };
}
