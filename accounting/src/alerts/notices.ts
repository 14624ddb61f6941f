import type { AlertChannel, ShownNotice } from '@fairhop/shared/contract';
import type { Receivers } from './alert-delivery.js';
import { messageId, type NoticeFacts, noticePayload } from './alert-message.js';
import { type MessageState, type MessageStore, scheduleSubject } from './message-store.js';

/** What a schedule found. `id` is the same when its run is begun again. */
export type NewNotice = Omit<NoticeFacts, 'foundMs'>;

export interface Notices {
  /** Recorded once, on disk when this returns. Gives the id by which it is listed and sent. */
  tell(notice: NewNotice, nowMs: number): string;
  /** Newest first, at most 1,000. */
  list(filter: { state?: MessageState | undefined }): ShownNotice[];
}

/** Results of schedules, told to those whom the operator configured. */
export function createNotices(messages: MessageStore, receivers: Receivers): Notices {
  const channels = (['webhook', 'email'] as const).filter(
    (channel: AlertChannel) => receivers[channel] !== undefined,
  );
  return {
    tell(notice, nowMs) {
      const { id: name, ...facts } = notice;
      const id = messageId([name]);
      const payload = JSON.stringify(noticePayload({ ...facts, id, foundMs: nowMs }));
      const subject = scheduleSubject(notice.schedule);
      messages.add(
        { id, subject, facts: JSON.stringify({ ...facts, foundMs: nowMs }), payload, channels },
        nowMs,
      );
      return id;
    },
    list: ({ state }) =>
      messages.list({ isOfSchedules: true, state }).map(({ id, facts, delivery }) => ({
        id,
        ...(JSON.parse(facts) as Omit<NoticeFacts, 'id'>),
        ...delivery,
      })),
  };
}
