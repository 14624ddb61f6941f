import { times, type Wire } from './peer-wire.js';

/** IPv4 20, TCP 20 and the timestamps option 12 with its padding (RFC 793, RFC 7323 §3). */
const SEGMENT_HEADER_BYTES = 20 + 20 + 12;
/** Ethernet's 1,500 bytes less these headers. */
const MAX_SEGMENT_PAYLOAD_BYTES = 1_500 - SEGMENT_HEADER_BYTES;
/** RFC 5681 §4.2: at least every second full segment is acknowledged. */
const SEGMENTS_PER_ACK = 2;
/** Linux acknowledges so many one by one when data comes after a pause (TCP_MAX_QUICKACKS). */
const QUICK_ACKS = 16;

/** Head of a request for a range and of its 206, as a capture of an edge's answers shows them: 820 and 560 bytes. */
const REQUEST_HEAD_BYTES = 820;
const RESPONSE_HEAD_BYTES = 560;

export interface HttpPart {
  readonly bytes: number;
  /** Payload of one answer. */
  readonly requestBytes: number;
  /** Payload after which the sender pauses: what an edge under a cap writes at a time. Absent: it does not. */
  readonly writeBytes?: number | undefined;
}

/** What went in the direction of the payload, and what in the other. */
export interface HttpWire {
  readonly data: Wire;
  readonly answers: Wire;
}

/** A part of a transfer over HTTP/1.1 and TCP, on connections that are kept. Means over many. */
export function httpWire({ bytes, requestBytes, writeBytes }: HttpPart): HttpWire {
  const requests = bytes / requestBytes;
  const answer =
    writeBytes === undefined
      ? segments(RESPONSE_HEAD_BYTES + requestBytes)
      : times(
          segments(RESPONSE_HEAD_BYTES * (writeBytes / requestBytes) + writeBytes),
          requestBytes / writeBytes,
        );
  const pauses = writeBytes === undefined ? 0 : bytes / writeBytes;
  const data = times(answer, requests);
  const asked = times(segments(REQUEST_HEAD_BYTES), requests);
  const quickAcks = Math.min(data.packets, QUICK_ACKS * pauses);
  const acks = quickAcks + (data.packets - quickAcks) / SEGMENTS_PER_ACK;
  return {
    data,
    answers: { bytes: asked.bytes + acks * SEGMENT_HEADER_BYTES, packets: asked.packets + acks },
  };
}

function segments(payloadBytes: number): Wire {
  const packets = Math.ceil(payloadBytes / MAX_SEGMENT_PAYLOAD_BYTES);
  return { bytes: payloadBytes + packets * SEGMENT_HEADER_BYTES, packets };
}
