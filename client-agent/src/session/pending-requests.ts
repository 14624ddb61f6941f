import { FairhopError } from '@fairhop/shared/model';

/** Requests that wait for an answer at a time: one per running download and its repetition. */
const MAX_PENDING = 64;

/** Answers of a session matched to their requests by number. */
export interface PendingRequests<Answer> {
  /** Waits for the answer of the request that `send` makes. @throws `time-out`, `too-many-requests`, what `rejectAll` gives */
  ask(send: (requestId: number) => void, timeoutMs: number): Promise<Answer>;
  resolve(requestId: number, answer: Answer): void;
  reject(requestId: number, error: Error): void;
  rejectAll(error: Error): void;
}

export function createPendingRequests<Answer>(name: string): PendingRequests<Answer> {
  interface Waiting {
    resolve: (answer: Answer) => void;
    reject: (error: Error) => void;
    timer: NodeJS.Timeout;
  }
  const waiting = new Map<number, Waiting>();
  let nextId = 1;
  const take = (requestId: number): Waiting | undefined => {
    const entry = waiting.get(requestId);
    if (entry) clearTimeout(entry.timer);
    waiting.delete(requestId);
    return entry;
  };
  return {
    ask: (send, timeoutMs) =>
      new Promise((resolve, reject) => {
        if (waiting.size >= MAX_PENDING) {
          reject(new FairhopError('too-many-requests', `More than ${MAX_PENDING} requests wait for ${name}`));
          return;
        }
        const requestId = nextId++;
        const timer = setTimeout(() => {
          waiting.delete(requestId);
          reject(
            new FairhopError('time-out', `${name} gave no answer within ${timeoutMs} ms`, { status: 504 }),
          );
        }, timeoutMs);
        waiting.set(requestId, { resolve, reject, timer });
        try {
          send(requestId);
        } catch (error) {
          take(requestId);
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      }),
    resolve: (requestId, answer) => take(requestId)?.resolve(answer),
    reject: (requestId, error) => take(requestId)?.reject(error),
    rejectAll: (error) => {
      for (const requestId of [...waiting.keys()]) take(requestId)?.reject(error);
    },
  };
}
