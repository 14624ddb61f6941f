import { formatAddress } from '../net/index.js';

// RFC 8489: a Binding request and its success response, without authentication.

const HEADER_BYTES = 20;
const MAGIC_COOKIE = 0x2112a442;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const MAPPED_ADDRESS = 0x0001;
const XOR_MAPPED_ADDRESS = 0x0020;
/** RFC 5780 section 7.4: another address and port of the same server. */
const OTHER_ADDRESS = 0x802c;
export const TRANSACTION_ID_BYTES = 12;
/** A response that is longer than a packet of the least MTU is none to this request. */
const MAX_MESSAGE_BYTES = 1280;

export interface Endpoint {
  /** Canonical text. */
  readonly address: string;
  readonly port: number;
}

export interface BindingResponse {
  readonly transactionId: Buffer;
  /** This host's address as the server sees it. */
  readonly mapped: Endpoint;
  readonly other?: Endpoint;
}

export function encodeBindingRequest(transactionId: Uint8Array): Buffer {
  const message = Buffer.alloc(HEADER_BYTES);
  message.writeUInt16BE(BINDING_REQUEST, 0);
  message.writeUInt32BE(MAGIC_COOKIE, 4);
  message.set(transactionId, 8);
  return message;
}

/** A success response with a mapped address; undefined for anything else. */
export function decodeBindingResponse(bytes: Uint8Array): BindingResponse | undefined {
  const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (message.length < HEADER_BYTES || message.length > MAX_MESSAGE_BYTES) return undefined;
  const isResponse =
    message.readUInt16BE(0) === BINDING_SUCCESS &&
    message.readUInt32BE(4) === MAGIC_COOKIE &&
    message.readUInt16BE(2) === message.length - HEADER_BYTES;
  if (!isResponse) return undefined;
  const mask = Buffer.from(message.subarray(4, HEADER_BYTES));
  let mapped: Endpoint | undefined;
  let plain: Endpoint | undefined;
  let other: Endpoint | undefined;
  for (let at = HEADER_BYTES; at < message.length; ) {
    if (at + 4 > message.length) return undefined;
    const type = message.readUInt16BE(at);
    const lengthBytes = message.readUInt16BE(at + 2);
    const value = message.subarray(at + 4, at + 4 + lengthBytes);
    if (value.length < lengthBytes) return undefined;
    if (type === XOR_MAPPED_ADDRESS) mapped ??= endpointOf(value, mask);
    else if (type === MAPPED_ADDRESS) plain ??= endpointOf(value);
    else if (type === OTHER_ADDRESS) other ??= endpointOf(value);
    at += 4 + lengthBytes + ((4 - (lengthBytes % 4)) % 4);
  }
  // Servers of RFC 3489 know only the plain one, which some NATs rewrite.
  const address = mapped ?? plain;
  if (address === undefined) return undefined;
  const transactionId = Buffer.from(message.subarray(8, HEADER_BYTES));
  return { transactionId, mapped: address, ...(other && { other }) };
}

/** RFC 8489 sections 14.1 and 14.2: zero, family, port, address; `mask` is the cookie and the transaction id. */
function endpointOf(value: Buffer, mask = Buffer.alloc(16)): Endpoint | undefined {
  const family = value.length >= 4 ? value.readUInt8(1) : 0;
  const port = family === 0 ? 0 : value.readUInt16BE(2) ^ mask.readUInt16BE(0);
  if (family === 1 && value.length === 8) {
    const address = formatAddress({ family: 4, value: (value.readUInt32BE(4) ^ mask.readUInt32BE(0)) >>> 0 });
    return { address, port };
  }
  if (family !== 2 || value.length !== 20) return undefined;
  const bytes = value.subarray(4).map((byte, index) => byte ^ mask[index]!);
  return {
    address: formatAddress({ family: 6, value: BigInt(`0x${Buffer.from(bytes).toString('hex')}`) }),
    port,
  };
}
