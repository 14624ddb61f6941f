import { FairhopError } from '@fairhop/shared/model';
import { MAX_FRAME_BYTES } from '@fairhop/shared/wire';
import { cleanup, type DataChannel } from 'node-datachannel';
import SimplePeer from 'simple-peer';
import { deferred } from './deferred.js';
import {
  addressOf,
  createWrtc,
  fingerprintOf,
  type RtcNetworkConfig,
  type RtcTap,
} from './rtc-connection.js';

/** Sending pauses above this: about what a 100 Mbit/s path of 150 ms holds. */
export const HIGH_WATER_BYTES = 2 * 1024 * 1024;
/** Sending goes on below this. */
const LOW_WATER_BYTES = 256 * 1024;
/** What the session lets through for one signal; a description with many candidates has under 8 KiB. */
const MAX_SIGNAL_CHARACTERS = 16_384;
/** A description and its candidates: a host with many interfaces has a few dozen. */
const MAX_SIGNALS = 128;
/** Messages that came before somebody listens: a hello, a bitfield and a few haves; more is a flood. */
const MAX_EARLY_MESSAGES = 64;
/**
 * The initiator's candidates go out this long after the answer, if they are needed still. When both sides check at once,
 * the answerer's first DTLS flight often reaches an initiator that is not ready for it, and comes again a second later; and
 * a check before the answer makes libdatachannel refuse the certificate. So first only the initiator checks, which does
 * where the answerer can be reached; through its NAT both must.
 */
const WITHHOLD_MS = 100;
/** The selected pair is asked for at most this often: each time it waits for the threads that move the payload. */
const ADDRESS_MAX_AGE_MS = 1_000;
/** A goodbye gets this long to leave before the connection goes. */
const FLUSH_MS = 250;

export interface RtcLinkConfig extends RtcNetworkConfig {
  /** The initiator makes the offer. */
  readonly initiator: boolean;
  /** Sends a serialised signal (at most 16 KiB) to the other side. */
  readonly onSignal: (signal: string) => void;
  readonly signal: AbortSignal;
  /** Time to connect. */
  readonly timeoutMs: number;
}

/** One WebRTC connection with one ordered, reliable data channel of binary messages. */
export interface RtcLink {
  readonly initiator: boolean;
  /** Rejects with `link-timeout`, `link-failed` or `aborted`. */
  readonly opened: Promise<void>;
  /** Settles with the reason once the connection is gone. */
  readonly closed: Promise<string>;
  readonly isClosed: boolean;
  receiveSignal(signal: string): void;
  /** DTLS fingerprints, once open: our own certificate's, and the one that the other side has really shown. */
  localFingerprint(): string;
  remoteFingerprint(): string;
  /** Address of the other end in the ICE pair that is selected, as of at most a second ago. */
  remoteAddress(): string;
  /** Sends one message; it is copied. False from then on when the channel is full: wait for `onDrain`. */
  send(message: Uint8Array): boolean;
  readonly bufferedBytes: number;
  /** Takes a message, a view to be copied if kept. While nobody listens a few messages are held. */
  onMessage: ((message: Uint8Array) => void) | undefined;
  onDrain: (() => void) | undefined;
  /** Ends the connection when the other side does, or after 250 ms, in which what was sent last can arrive. */
  close(reason: string): void;
  /** Ends the connection now: the other side said goodbye. */
  drop(reason: string): void;
}

export function createRtcLink(config: RtcLinkConfig): RtcLink {
  const unusable = config.iceServers.find((server) => !server.startsWith('stun:'));
  if (unusable !== undefined) {
    throw new FairhopError(
      'ice-server-invalid',
      `ICE server ${unusable} must be stun:host:port; payload is never relayed`,
    );
  }
  let channel: DataChannel | undefined;
  let isOpen = false;
  let closing: string | undefined;
  let gone = false;
  let signals = 0;
  let withheld: string[] | undefined = config.initiator ? [] : undefined;
  let early: Uint8Array[] = [];
  let roomBytes = 0;
  let lastAddress: string | undefined;
  let lastAddressMs = Number.NEGATIVE_INFINITY;
  let releaseTimer: NodeJS.Timeout | undefined;
  const release = (): void => {
    const candidates = withheld ?? [];
    withheld = undefined;
    if (!isOpen && closing === undefined) candidates.forEach(config.onSignal);
  };
  let onMessage: RtcLink['onMessage'];
  const opened = deferred<void>();
  const closed = deferred<string>();
  // Whoever only closes the link need not look at it.
  opened.promise.catch(() => undefined);

  const receive = (message: unknown): void => {
    if (closing !== undefined) return;
    if (!(message instanceof Uint8Array)) end('the other side sent a text message');
    else if (message.length > MAX_FRAME_BYTES)
      end(`the other side sent a message of ${message.length} bytes`);
    else if (onMessage !== undefined && early.length === 0) onMessage(message);
    else if (early.length >= MAX_EARLY_MESSAGES) end('the other side flooded the channel');
    else early.push(message);
  };
  const tap: RtcTap = {
    onChannel(opening, listen) {
      if (channel !== undefined) return end('the other side opened a second channel');
      channel = opening;
      channel.setBufferedAmountLowThreshold(LOW_WATER_BYTES);
      channel.onBufferedAmountLow(() => {
        if (closing === undefined) link.onDrain?.();
      });
      listen(receive);
    },
  };
  const peer = new SimplePeer({
    initiator: config.initiator,
    trickle: true,
    wrtc: createWrtc(config, tap),
    config: {},
  });

  const destroy = (error?: Error): void => {
    if (gone) return;
    gone = true;
    closing ??= 'closed';
    clearTimeout(connectTimer);
    clearTimeout(flushTimer);
    clearTimeout(releaseTimer);
    config.signal.removeEventListener('abort', abort);
    early = [];
    opened.reject(
      error ?? new FairhopError('link-failed', `The connection ended before it was open: ${closing}`),
    );
    closed.resolve(closing);
    onMessage = undefined;
    link.onDrain = undefined;
    peer.destroy();
  };
  let flushTimer: NodeJS.Timeout | undefined;
  const end = (reason: string, error?: Error): void => {
    if (closing !== undefined) return;
    closing = reason;
    if (!isOpen || error !== undefined) destroy(error);
    else flushTimer = setTimeout(destroy, FLUSH_MS);
  };
  const abort = (): void => end('aborted', new FairhopError('aborted', 'The connection was aborted'));
  const connectTimer = setTimeout(() => {
    const text = `No connection to the other agent within ${config.timeoutMs} ms`;
    end(text, new FairhopError('link-timeout', text));
  }, config.timeoutMs);
  const bufferedBytes = (): number => (gone ? 0 : (channel?.bufferedAmount() ?? 0));

  peer.on('signal', (data) => {
    const text = JSON.stringify(withoutCandidates(data));
    if (closing !== undefined || text.length > MAX_SIGNAL_CHARACTERS) return;
    if (data.type === 'candidate' && withheld !== undefined) withheld.push(text);
    else config.onSignal(text);
  });
  peer.on('connect', () => {
    clearTimeout(connectTimer);
    isOpen = true;
    opened.resolve();
  });
  peer.on('error', (cause) => {
    closing ??= `connection failed: ${cause.message}`;
    destroy(
      new FairhopError('link-failed', `The connection to the other agent failed: ${cause.message}`, {
        cause,
      }),
    );
  });
  peer.on('close', () => {
    closing ??= 'the other side closed the connection';
    destroy();
  });
  config.signal.addEventListener('abort', abort, { once: true });

  const link: RtcLink = {
    initiator: config.initiator,
    opened: opened.promise,
    closed: closed.promise,
    get isClosed() {
      return closing !== undefined;
    },
    receiveSignal(signal) {
      if (closing !== undefined) return;
      signals += 1;
      if (signals > MAX_SIGNALS || signal.length > MAX_SIGNAL_CHARACTERS)
        return end('the other side sent too much signalling');
      try {
        peer.signal(signalOf(signal));
        if (withheld !== undefined) releaseTimer ??= setTimeout(release, WITHHOLD_MS);
      } catch (cause) {
        end(
          'a signal was malformed',
          new FairhopError('signal-invalid', 'A signal of the other agent is malformed', { cause }),
        );
      }
    },
    localFingerprint() {
      const fingerprint = fingerprintOf(tap.connection?.localDescription()?.sdp ?? '');
      if (fingerprint !== undefined) return fingerprint;
      throw new FairhopError('link-failed', 'The connection has no fingerprint of its own');
    },
    remoteFingerprint() {
      const { algorithm, value } = tap.connection!.remoteFingerprint();
      return `${algorithm} ${value}`;
    },
    remoteAddress() {
      const isOld = performance.now() - lastAddressMs >= ADDRESS_MAX_AGE_MS;
      const pair = gone || !isOld ? null : tap.connection!.getSelectedCandidatePair();
      if (pair) {
        lastAddress = addressOf(pair.remote);
        lastAddressMs = performance.now();
      }
      if (lastAddress !== undefined) return lastAddress;
      throw new FairhopError('link-failed', 'The connection has no selected pair of addresses');
    },
    send(message) {
      if (gone || channel === undefined || closing !== undefined) return false;
      try {
        channel.sendMessageBinary(message);
      } catch {
        destroy();
        return false;
      }
      // Nobody else fills the channel: it is asked only when what it held last and what was sent since could fill it.
      roomBytes -= message.length;
      if (roomBytes <= 0) roomBytes = HIGH_WATER_BYTES - channel.bufferedAmount();
      return roomBytes > 0;
    },
    get bufferedBytes() {
      return bufferedBytes();
    },
    get onMessage() {
      return onMessage;
    },
    set onMessage(listener) {
      onMessage = listener;
      while (onMessage !== undefined && early.length > 0) onMessage(early.shift()!);
    },
    onDrain: undefined,
    close: (reason) => end(reason),
    drop(reason) {
      closing ??= reason;
      destroy();
    },
  };
  if (config.signal.aborted) abort();
  return link;
}

/** Candidates go on their own, so that their sender decides when checks begin. */
function withoutCandidates(data: SimplePeer.SignalData): SimplePeer.SignalData {
  if (!('sdp' in data) || data.sdp === undefined) return data;
  return { ...data, sdp: data.sdp.replace(/^a=(candidate|end-of-candidates).*\r?\n/gm, '') };
}

/** Only what a data channel needs passes: no renegotiation, no media. */
function signalOf(text: string): SimplePeer.SignalData {
  const signal: unknown = JSON.parse(text);
  if (typeof signal !== 'object' || signal === null) throw new TypeError('a signal is an object');
  if ('sdp' in signal && typeof signal.sdp === 'string' && 'type' in signal) {
    if (signal.type === 'offer' || signal.type === 'answer') return { type: signal.type, sdp: signal.sdp };
  }
  if ('candidate' in signal && typeof signal.candidate === 'object' && signal.candidate !== null) {
    return { type: 'candidate', candidate: signal.candidate } as SimplePeer.SignalData;
  }
  throw new TypeError('a signal is an offer, an answer or a candidate');
}

/** Whether a signal begins a connection. */
export function isOffer(signal: string): boolean {
  if (signal.length > MAX_SIGNAL_CHARACTERS) return false;
  try {
    return (JSON.parse(signal) as { type?: unknown } | null)?.type === 'offer';
  } catch {
    return false;
  }
}

/** Ends the threads of the WebRTC library, at the end of the process, after every link is closed. */
export function cleanupRtc(): void {
  try {
    cleanup();
  } catch {
    // It waited for a connection that somebody left open; the process ends all the same.
  }
}
