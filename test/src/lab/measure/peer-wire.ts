import { RECEIPT_BYTES } from '@fairhop/shared/crypto';
import { MAX_DATA_BYTES, MAX_FRAME_BYTES } from '@fairhop/shared/wire';

/** Bytes in IPv4 packets, headers included, and how many packets. */
export interface Wire {
  readonly bytes: number;
  readonly packets: number;
}

const IPV4_HEADER_BYTES = 20;
const UDP_HEADER_BYTES = 8;
/** Record header 13 (RFC 6347 §4.1), explicit nonce 8 and tag 16 of AES-GCM (RFC 5288 §3, RFC 5246 §6.2.3.3). */
const DTLS_RECORD_BYTES = 13 + 8 + 16;
/** RFC 9260 §3.1 */
const SCTP_HEADER_BYTES = 12;
/** RFC 9260 §3.3.1 */
const DATA_CHUNK_HEADER_BYTES = 16;
/** Without gap blocks (RFC 9260 §3.3.4): few packets of a shaped line are lost. */
const SACK_CHUNK_BYTES = 16;

/** What each packet of a data channel has beside its chunks. */
const PACKET_BYTES = IPV4_HEADER_BYTES + UDP_HEADER_BYTES + DTLS_RECORD_BYTES + SCTP_HEADER_BYTES;
/**
 * Room for chunks: libdatachannel plans for 1,280 bytes (the least MTU of IPv6) less SCTP 12, DTLS 48, UDP 8 and IPv6 40. Seen
 * in a capture of a transfer: full packets have 1,249 bytes.
 */
const CHUNK_ROOM_BYTES = 1_280 - 12 - 48 - 8 - 40;
const FULL_FRAGMENT_BYTES = CHUNK_ROOM_BYTES - DATA_CHUNK_HEADER_BYTES;
/** RFC 9260 §6.2: at least every second packet is acknowledged. */
const PACKETS_PER_SACK = 2;
const SACK_PACKET_BYTES = PACKET_BYTES + SACK_CHUNK_BYTES;

/** Type, request id, piece, offset. */
const DATA_HEADER_BYTES = MAX_FRAME_BYTES - MAX_DATA_BYTES;
/** Type, request id, piece, offset, length. */
const REQUEST_FRAME_BYTES = 17;
/** Type and the signed receipt. */
const RECEIPT_FRAME_BYTES = 1 + RECEIPT_BYTES;
/** Type and one piece. */
const HAVE_FRAME_BYTES = 5;
/** A downloader acknowledges this long after the first unacknowledged piece. */
const RECEIPT_INTERVAL_SECONDS = 0.25;

/**
 * Before the first data frame, read in a capture: two or three ICE checks a side (RFC 8445), the flights of DTLS 1.2, those of
 * SCTP and of the data channel's opening (RFC 8832), and the hellos, of which the downloader's carries the grant.
 */
const SETUP: PeerWire = { data: { bytes: 3_070, packets: 13 }, answers: { bytes: 4_400, packets: 13 } };
/** RFC 7675 §5.1: each side checks consent about every 5 s; the request has 128 bytes, its answer 104. */
const CONSENT_BYTES_PER_SECOND = (128 + 104) / 5;

/** What went in the direction of the payload, and what in the other. */
export interface PeerWire {
  readonly data: Wire;
  readonly answers: Wire;
}

export interface PeerPart {
  /** Payload that was sent. */
  readonly bytes: number;
  /** In which they came. */
  readonly seconds: number;
  /** Payload of one request. */
  readonly requestBytes: number;
  /** Payload of one data frame: what the uploader's rate makes of it. */
  readonly messageBytes: number;
}

/** What the payload of a part is between two agents. Means over many: what is a fraction of a packet stays one. */
export function payloadWire({ bytes, seconds, requestBytes, messageBytes }: PeerPart): PeerWire {
  const requests = bytes / requestBytes;
  const data = times(requestWire(requestBytes, messageBytes), requests);
  const receipts = requests / (1 + (RECEIPT_INTERVAL_SECONDS * requests) / Math.max(seconds, 0.001));
  return {
    // A message on its own is acknowledged on its own.
    data: sum(data, sacks(requests + receipts)),
    answers: sum(
      times(messageWire(REQUEST_FRAME_BYTES), requests),
      times(messageWire(RECEIPT_FRAME_BYTES), receipts),
      sacks(data.packets / PACKETS_PER_SACK),
    ),
  };
}

export interface ChannelPart {
  readonly openSeconds: number;
  /** Times that it was opened. */
  readonly openings: number;
  /** Pieces that the uploader told of. */
  readonly haves: number;
}

/** What a channel is beside its payload. */
export function channelWire({ openSeconds, openings, haves }: ChannelPart): PeerWire {
  const consent = { bytes: CONSENT_BYTES_PER_SECOND * openSeconds, packets: 0 };
  return {
    data: sum(times(SETUP.data, openings), times(messageWire(HAVE_FRAME_BYTES), haves), consent),
    answers: sum(times(SETUP.answers, openings), sacks(haves), consent),
  };
}

/** A message of the data channel, cut into DATA chunks that fill their packets (RFC 9260 §6.9, §6.10). */
export function messageWire(lengthBytes: number): Wire {
  const full = Math.floor(lengthBytes / FULL_FRAGMENT_BYTES);
  const restBytes = lengthBytes - full * FULL_FRAGMENT_BYTES;
  const fullPacketBytes = PACKET_BYTES + DATA_CHUNK_HEADER_BYTES + FULL_FRAGMENT_BYTES;
  if (restBytes === 0) return { bytes: full * fullPacketBytes, packets: full };
  const paddedBytes = Math.ceil(restBytes / 4) * 4;
  return {
    bytes: full * fullPacketBytes + PACKET_BYTES + DATA_CHUNK_HEADER_BYTES + paddedBytes,
    packets: full + 1,
  };
}

/** The data frames that answer one request. */
function requestWire(requestBytes: number, messageBytes: number): Wire {
  const full = Math.floor(requestBytes / messageBytes);
  const restBytes = requestBytes - full * messageBytes;
  return sum(
    times(messageWire(messageBytes + DATA_HEADER_BYTES), full),
    ...(restBytes > 0 ? [messageWire(restBytes + DATA_HEADER_BYTES)] : []),
  );
}

const sacks = (count: number): Wire => ({ bytes: count * SACK_PACKET_BYTES, packets: count });

export const times = ({ bytes, packets }: Wire, factor: number): Wire => ({
  bytes: bytes * factor,
  packets: packets * factor,
});

export const sum = (...wires: readonly Wire[]): Wire => ({
  bytes: wires.reduce((total, wire) => total + wire.bytes, 0),
  packets: wires.reduce((total, wire) => total + wire.packets, 0),
});
