import { times, type Wire } from './peer-wire.js';

/** IPv4 20, TCP 20 and the timestamps option 12 with its padding (RFC 793, RFC 7323 §3). */
const SEGMENT_HEADER_BYTES = 20 + 20 + 12;
/** Ethernet's 1,500 bytes less these headers. */
const MAX_SEGMENT_PAYLOAD_BYTES = 1_500 - SEGMENT_HEADER_BYTES;
/** RFC 5681 §4.2: at least every second full segment is acknowledged. */
const SEGMENTS_PER_ACK = 2;

/** Head of a request for a range and of its 206, as a capture of an edge's answers shows them: 820 and 560 bytes. */
const REQUEST_HEAD_BYTES = 820;
const RESPONSE_HEAD_BYTES = 560;

export interface HttpPart {
  readonly bytes: number;
  /** Payload of one answer. */
  readonly requestBytes: number;
}

/** What went in the direction of the payload, and what in the other. */
export interface HttpWire {
  readonly data: Wire;
  readonly answers: Wire;
}

/** A part of a transfer over HTTP/1.1 and TCP, on connections that are kept. Means over many. */
export function httpWire({ bytes, requestBytes }: HttpPart): HttpWire {
  const requests = bytes / requestBytes;
  const data = times(segments(RESPONSE_HEAD_BYTES + requestBytes), requests);
  const asked = times(segments(REQUEST_HEAD_BYTES), requests);
  const acknowledgements = data.packets / SEGMENTS_PER_ACK;
  return {
    data,
    answers: {
      bytes: asked.bytes + acknowledgements * SEGMENT_HEADER_BYTES,
      packets: asked.packets + acknowledgements,
    },
  };
}

function segments(payloadBytes: number): Wire {
  const packets = Math.ceil(payloadBytes / MAX_SEGMENT_PAYLOAD_BYTES);
  return { bytes: payloadBytes + packets * SEGMENT_HEADER_BYTES, packets };
}
