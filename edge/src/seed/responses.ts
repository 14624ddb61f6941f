import { FairhopError } from '@fairhop/shared/model';

/** Responses that are running, by content, so that a withdrawal ends them. */
export interface RunningResponses {
  readonly count: number;
  /** Throws `edge-busy` (503) when there are as many as there may be. */
  add(contentId: string): RunningResponse;
  /** Ends all responses of a content, or all of them. */
  end(reason: Error, contentId?: string): void;
}

export interface RunningResponse {
  readonly signal: AbortSignal;
  abort(reason: Error): void;
  remove(): void;
}

export function createRunningResponses(maxResponses: number): RunningResponses {
  const running = new Map<AbortController, string>();
  return {
    get count() {
      return running.size;
    },
    add: (contentId) => {
      if (running.size >= maxResponses) {
        const message = `this edge serves ${maxResponses} responses, as many as it may; try again soon, or another edge`;
        throw new FairhopError('edge-busy', message, { status: 503 });
      }
      const controller = new AbortController();
      running.set(controller, contentId);
      return {
        signal: controller.signal,
        abort: (reason) => controller.abort(reason),
        remove: () => running.delete(controller),
      };
    },
    end: (reason, contentId) => {
      for (const [controller, content] of running) {
        if (contentId === undefined || content === contentId) controller.abort(reason);
      }
    },
  };
}
