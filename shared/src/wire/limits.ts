/** Longest message on a channel: what WebRTC stacks carry without splitting is 64 KiB less one byte in our agents. */
export const MAX_FRAME_BYTES = 65_535;

/** Longest message towards a browser: the size that all of them take (RFC 8831 §6.6 and its implementations). */
export const MAX_BROWSER_FRAME_BYTES = 16_384;

/** Type u8, request id u32, piece u32, offset u32. */
export const DATA_HEADER_BYTES = 13;
export const MAX_DATA_BYTES = MAX_FRAME_BYTES - DATA_HEADER_BYTES;
export const MAX_BROWSER_DATA_BYTES = MAX_BROWSER_FRAME_BYTES - DATA_HEADER_BYTES;

/** A hello carries one grant, which is below 16 KiB like every token, and must fit into a message towards a browser. */
export const MAX_HELLO_BYTES = MAX_BROWSER_FRAME_BYTES - 1;

/** Longest grant in a hello: leaves the other fields, at most about 700 bytes, their room. */
export const MAX_HELLO_GRANT_CHARACTERS = 15_360;

/** Pieces named in one have frame: more are news only after a long silence, and then fit into several. */
export const MAX_HAVE_PIECES = 1024;

/** Bytes of one request: receipts come at least this often, so that no request outgrows an uploader's window. */
export const MAX_REQUEST_BYTES = 1024 * 1024;

/** Characters of a message about a wrong hello: its keys come from the other side and may be long. */
export const MAX_HELLO_ERROR_CHARACTERS = 500;

/** Text of a goodbye: one sentence for a log. */
export const MAX_GOODBYE_BYTES = 256;

/** A signed receipt, whose inside this protocol does not read. */
export const WIRE_RECEIPT_BYTES = 133;
