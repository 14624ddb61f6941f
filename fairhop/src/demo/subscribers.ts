import { join } from 'node:path';
import type { AllInOne } from '../up/all-in-one.js';
import { type DemoSetting, PART_MS, UPLINK_RATE } from './setting.js';
import { type Subscriber, type SubscriberReady, startSubscriber } from './subscriber-process.js';
import type { DemoSubscriber } from './topology.js';

export interface RunningSubscriber extends DemoSubscriber {
  readonly subscriber: Subscriber;
  readonly ready: SubscriberReady;
}

export const startSubscribers = async (
  { directory, story }: DemoSetting,
  all: AllInOne,
  subscribers: readonly DemoSubscriber[],
  undo: (() => Promise<unknown>)[],
): Promise<RunningSubscriber[]> => {
  story.chapter(
    `${subscribers.length} subscribers start their agents, each with its own key, address and store`,
  );
  const started = subscribers.map((subscriber) => ({
    ...subscriber,
    subscriber: startSubscriber({
      name: subscriber.name,
      address: subscriber.address,
      dataDirectory: join(directory, 'agents', subscriber.name),
      coordinatorUrl: all.coordinatorUrl,
      uploadRate: UPLINK_RATE,
      maxPartMs: PART_MS,
    }),
  }));
  undo.push(() => stopSubscribers(started));
  const running = await Promise.all(
    started.map(async (one) => ({ ...one, ready: await one.subscriber.ready })),
  );
  for (const { name, address, ready } of running)
    story.line(
      `${name}  ${address}  ${ready.agent.slice(0, 12)}…  in ${ready.isp?.toUpperCase()}, ${ready.uploadReady ? 'may upload' : 'may not upload'}`,
    );
  return running;
};

/** Those that ended already too. */
export const stopSubscribers = (
  subscribers: readonly { readonly subscriber: Subscriber }[],
): Promise<unknown> => Promise.all(subscribers.map(({ subscriber }) => subscriber.stop()));
