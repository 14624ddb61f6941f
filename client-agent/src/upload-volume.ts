import type { Outbox } from './report/outbox.js';

/** What a crash may leave uncounted. */
const SAVE_INTERVAL_MS = 1000;

/** Bytes uploaded in a calendar month (UTC), kept on disk. */
export interface UploadVolume {
  add(bytes: number): void;
  thisMonthBytes(): number;
  month(): string;
  save(): void;
  stop(): void;
}

export function createUploadVolume(outbox: Outbox, nowMs: () => number): UploadVolume {
  let unsaved = 0;
  let month = '';
  let saved = 0;
  let timer: NodeJS.Timeout | undefined;
  const save = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (unsaved === 0) return;
    try {
      outbox.addSent(month, unsaved);
    } catch {
      // It stays counted here, and is tried again with the next bytes. That the disk is full, its statements tell.
      return;
    }
    saved += unsaved;
    unsaved = 0;
  };
  const current = (): string => {
    const now = new Date(nowMs()).toISOString().slice(0, 7);
    if (now === month) return month;
    if (month !== '') save();
    month = now;
    saved = outbox.sentBytes(month);
    return month;
  };
  return {
    add: (bytes) => {
      current();
      unsaved += bytes;
      timer ??= setTimeout(save, SAVE_INTERVAL_MS);
    },
    thisMonthBytes: () => {
      current();
      return saved + unsaved;
    },
    month: current,
    save,
    stop: save,
  };
}
