import type { CoordinatorMessage } from '@fairhop/shared/contract';
import { type AgentKey, FairhopError, type TransferId } from '@fairhop/shared/model';
import type { RunningGrant } from '../grant/index.js';

export interface SignalRelay {
  /**
   * Passes a session description or candidate to the other end of a running grant.
   * Throws `signal-refused` (no such grant of this agent), `signal-limit`, `signal-unreachable`.
   */
  relay(from: AgentKey, transferId: TransferId, signal: string): void;
  /** Forgets a grant that ended. */
  forget(transferId: TransferId): void;
}

export interface SignalRelayDependencies {
  grant(transferId: TransferId): RunningGrant | undefined;
  /** False when the agent has no session. */
  send(to: AgentKey, message: CoordinatorMessage): boolean;
}

/** An offer or answer and its trickled candidates: about 20 on a host with many interfaces; twice with a restart of ICE. */
const MAX_SIGNALS_PER_END = 64;
/** A description takes under 8 KiB, a candidate under 300 bytes. */
const MAX_SIGNAL_CHARACTERS_PER_END = 128 * 1024;

/** Signalling between the two ends of a grant, and for nothing else. */
export function createSignalRelay({ grant, send }: SignalRelayDependencies): SignalRelay {
  const relayed = new Map<
    TransferId,
    Record<'uploader' | 'downloader', { count: number; characters: number }>
  >();
  return {
    relay(from, transferId, signal) {
      const running = grant(transferId);
      if (!running || (from !== running.uploader && from !== running.downloader)) {
        throw new FairhopError(
          'signal-refused',
          `Transfer ${transferId} is no running grant of this agent; ask for sources first`,
        );
      }
      const used = relayed.get(transferId) ?? {
        uploader: { count: 0, characters: 0 },
        downloader: { count: 0, characters: 0 },
      };
      relayed.set(transferId, used);
      const end = used[from === running.uploader ? 'uploader' : 'downloader'];
      end.count += 1;
      end.characters += signal.length;
      if (end.count > MAX_SIGNALS_PER_END || end.characters > MAX_SIGNAL_CHARACTERS_PER_END) {
        throw new FairhopError(
          'signal-limit',
          `Transfer ${transferId} had its ${MAX_SIGNALS_PER_END} signals or ${MAX_SIGNAL_CHARACTERS_PER_END} characters`,
        );
      }
      const to = from === running.uploader ? running.downloader : running.uploader;
      if (!send(to, { type: 'signal', transferId, from, signal })) {
        throw new FairhopError(
          'signal-unreachable',
          `The other end of transfer ${transferId} is not connected`,
        );
      }
    },
    forget: (transferId) => void relayed.delete(transferId),
  };
}
