import { type Address, formatAddress } from '../address.js';
import { createRouteEntry, type RouteEntry, readAttributes, readUint16, readUint32 } from './attributes.js';
import { MrtError } from './mrt-error.js';
import type { MrtRecord } from './record-splitter.js';

/** A peer of the router that wrote the table. BIRD keeps number 0, AS 0, for routes that are not from BGP. */
export interface TablePeer {
  readonly address: string;
  readonly asn: number;
  readonly bgpId: number;
}

/** The beginning of a table: PEER_INDEX_TABLE (RFC 6396 section 4.3.1). */
export interface TableStart {
  readonly timeMs: number;
  /** Name of the routing table: BIRD writes `master4`, others often nothing. */
  readonly view: string;
  readonly peers: readonly TablePeer[];
}

/** The prefix of the routes that follow; the object is used again. */
export interface TablePrefix {
  timeMs: number;
  family: 4 | 6;
  /** IPv4 in the first alone. Host bits are zero. */
  readonly words: Uint32Array;
  length: number;
  hasPathIds: boolean;
}

export interface TableVisitor {
  table(start: TableStart): void;
  /** `routes` calls of `route` follow. */
  prefix(prefix: TablePrefix, routes: number): void;
  route(entry: RouteEntry): void;
}

const tableDumpV2 = 13;
const peerIndexTable = 1;
/** RFC 6396 section 4.3.2 and RFC 8050 section 4. */
const unicastSubtypes = new Map<number, { family: 4 | 6; hasPathIds: boolean }>([
  [2, { family: 4, hasPathIds: false }],
  [4, { family: 6, hasPathIds: false }],
  [8, { family: 4, hasPathIds: true }],
  [10, { family: 6, hasPathIds: true }],
]);

export interface TableDumpReader {
  /** Throws `mrt-malformed`. */
  read(record: MrtRecord): void;
  /** Records of other types and subtypes, which are stepped over. */
  readonly skippedRecords: number;
}

export function createTableDumpReader(visitor: TableVisitor): TableDumpReader {
  const prefix: TablePrefix = {
    timeMs: 0,
    family: 4,
    words: new Uint32Array(4),
    length: 0,
    hasPathIds: false,
  };
  const entry = createRouteEntry();
  let peers: number | undefined;
  let skippedRecords = 0;

  const readRoutes = ({ body, offsetBytes, timeMs }: MrtRecord, family: 4 | 6, hasPathIds: boolean): void => {
    const malformed = (message: string, at: number): MrtError =>
      new MrtError('mrt-malformed', message, offsetBytes + at);
    if (peers === undefined) throw malformed('RIB record before the table of peers', 0);
    if (body.length < 7) throw malformed('RIB record without room for a prefix', 0);
    const length = body[4]!;
    if (length > (family === 4 ? 32 : 128)) throw malformed(`IPv${family} prefix of ${length} bits`, 4);
    const prefixEnd = 5 + ((length + 7) >>> 3);
    if (prefixEnd + 2 > body.length) throw malformed('RIB record ends inside its prefix', 5);
    prefix.timeMs = timeMs;
    prefix.family = family;
    prefix.length = length;
    prefix.hasPathIds = hasPathIds;
    readWords(body, length, prefix.words);
    const routes = readUint16(body, prefixEnd);
    visitor.prefix(prefix, routes);
    const headBytes = hasPathIds ? 12 : 8;
    let at = prefixEnd + 2;
    for (let index = 0; index < routes; index += 1) {
      if (at + headBytes > body.length)
        throw malformed(`RIB record ends after ${index} of ${routes} routes`, at);
      entry.peer = readUint16(body, at);
      if (entry.peer >= peers) throw malformed(`route of peer ${entry.peer}; the table has ${peers}`, at);
      entry.pathId = hasPathIds ? readUint32(body, at + 6) : -1;
      const attributesStart = at + headBytes;
      const attributesEnd = attributesStart + readUint16(body, attributesStart - 2);
      if (attributesEnd > body.length)
        throw malformed('attributes of a route go over the end of its record', at);
      readAttributes(body, attributesStart, attributesEnd, entry, offsetBytes);
      visitor.route(entry);
      at = attributesEnd;
    }
    if (at !== body.length)
      throw malformed(`${body.length - at} bytes after the last route of a RIB record`, at);
  };
  return {
    read(record) {
      const unicast = record.type === tableDumpV2 ? unicastSubtypes.get(record.subtype) : undefined;
      if (unicast) readRoutes(record, unicast.family, unicast.hasPathIds);
      else if (record.type === tableDumpV2 && record.subtype === peerIndexTable) {
        const start = readPeers(record);
        peers = start.peers.length;
        visitor.table(start);
      } else skippedRecords += 1;
    },
    get skippedRecords() {
      return skippedRecords;
    },
  };
}

/** The bytes of a prefix as four words; bits after its length may be anything (RFC 4271 section 4.3) and become zero. */
function readWords(body: Uint8Array, length: number, words: Uint32Array): void {
  for (let word = 0; word < 4; word += 1) {
    const bits = Math.min(32, length - 32 * word);
    if (bits <= 0) {
      words[word] = 0;
      continue;
    }
    const at = 5 + 4 * word;
    const bytes = (bits + 7) >>> 3;
    let value = 0;
    for (let index = 0; index < 4; index += 1) value = (value << 8) | (index < bytes ? body[at + index]! : 0);
    words[word] = bits === 32 ? value : value & ~(0xffff_ffff >>> bits);
  }
}

function readPeers({ body, timeMs, offsetBytes }: MrtRecord): TableStart {
  const need = (end: number, what: string): void => {
    if (end > body.length) {
      throw new MrtError('mrt-malformed', `table of peers ends inside ${what}`, offsetBytes + body.length);
    }
  };
  need(6, 'its head');
  const viewEnd = 6 + readUint16(body, 4);
  need(viewEnd + 2, 'the name of its view');
  const view = new TextDecoder().decode(body.subarray(6, viewEnd)).slice(0, 200);
  const count = readUint16(body, viewEnd);
  const peers: TablePeer[] = [];
  let at = viewEnd + 2;
  for (let index = 0; index < count; index += 1) {
    need(at + 1, `peer ${index}`);
    const type = body[at]!;
    const addressLength = (type & 1) === 0 ? 4 : 16;
    const asnAt = at + 5 + addressLength;
    const end = asnAt + ((type & 2) === 0 ? 2 : 4);
    need(end, `peer ${index}`);
    peers.push({
      bgpId: readUint32(body, at + 1),
      address: formatAddress(readAddress(body, at + 5, addressLength)),
      asn: (type & 2) === 0 ? readUint16(body, asnAt) : readUint32(body, asnAt),
    });
    at = end;
  }
  return { timeMs, view, peers };
}

/** 4 or 16 bytes. */
export function readAddress(bytes: Uint8Array, at: number, length: number): Address {
  if (length === 4) return { family: 4, value: readUint32(bytes, at) };
  let value = 0n;
  for (let index = 0; index < 16; index += 4) value = (value << 32n) | BigInt(readUint32(bytes, at + index));
  return { family: 6, value };
}
