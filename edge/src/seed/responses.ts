import { FairhopError, type TransferId } from '@fairhop/shared/model';

/** Responses that are running, by content, so that a withdrawal ends them, and by transfer. */
export interface RunningResponses {
  readonly count: number;
  /** Throws `edge-busy` (503) when there are as many as there may be, `too-many-responses` (429) when of one address. */
  add(contentId: string, address: string, transferId: TransferId): RunningResponse;
  /** Ends all responses of a content, or all of them. */
  end(reason: Error, contentId?: string): void;
  /** Ends those of transfers for which there is a reason. */
  endTransfers(reasonOf: (transferId: TransferId) => Error | undefined): void;
}

export interface RunningResponse {
  readonly signal: AbortSignal;
  abort(reason: Error): void;
  remove(): void;
}

export function createRunningResponses(
  maxResponses: number,
  maxResponsesPerAddress: number,
): RunningResponses {
  const running = new Map<AbortController, { readonly contentId: string; readonly transferId: TransferId }>();
  const perAddress = new Map<string, number>();
  return {
    get count() {
      return running.size;
    },
    add: (contentId, address, transferId) => {
      const ofAddress = perAddress.get(address) ?? 0;
      if (ofAddress >= maxResponsesPerAddress) {
        const message = `${maxResponsesPerAddress} responses to your address are running, which is the most; wait for one of them`;
        throw new FairhopError('too-many-responses', message, { status: 429 });
      }
      if (running.size >= maxResponses) {
        const message = `this edge serves ${maxResponses} responses, as many as it may; try again soon, or another edge`;
        throw new FairhopError('edge-busy', message, { status: 503 });
      }
      const controller = new AbortController();
      running.set(controller, { contentId, transferId });
      perAddress.set(address, ofAddress + 1);
      return {
        signal: controller.signal,
        abort: (reason) => controller.abort(reason),
        remove: () => {
          if (!running.delete(controller)) return;
          const left = (perAddress.get(address) ?? 1) - 1;
          if (left > 0) perAddress.set(address, left);
          else perAddress.delete(address);
        },
      };
    },
    end: (reason, contentId) => {
      for (const [controller, response] of running) {
        if (contentId === undefined || response.contentId === contentId) controller.abort(reason);
      }
    },
    endTransfers: (reasonOf) => {
      for (const [controller, { transferId }] of running) {
        const reason = reasonOf(transferId);
        if (reason !== undefined) controller.abort(reason);
      }
    },
  };
}
