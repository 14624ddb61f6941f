import { createRtcLink, type RtcLink } from './rtc-link.js';

// Two ends of a real connection in one process, for tests.

export interface LinkPair {
  /** The initiator, at 127.1.0.5. */
  left: RtcLink;
  /** At 127.2.0.9. */
  right: RtcLink;
  close(): Promise<void>;
}

export async function linkPair(change = (signal: string): string => signal): Promise<LinkPair> {
  const { signal } = new AbortController();
  const common = { iceServers: [], signal, timeoutMs: 10_000 };
  const left: RtcLink = createRtcLink({
    ...common,
    initiator: true,
    bindAddress: '127.1.0.5',
    onSignal: (text) => right.receiveSignal(change(text)),
  });
  const right: RtcLink = createRtcLink({
    ...common,
    initiator: false,
    bindAddress: '127.2.0.9',
    onSignal: (text) => left.receiveSignal(change(text)),
  });
  await Promise.all([left.opened, right.opened]);
  return {
    left,
    right,
    async close() {
      left.close('test');
      right.close('test');
      await Promise.all([left.closed, right.closed]);
    },
  };
}

/** Waits until `condition` holds, at most ten seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const giveUpMs = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > giveUpMs) throw new Error(`still not so: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
