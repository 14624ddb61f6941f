import type { Database } from 'better-sqlite3';
import { BoundedMap } from './bounded-map.js';
import type { TransferEvent } from './event.js';
import { createInterner } from './interner.js';

interface File {
  readonly id: number;
  readonly owner: number;
}

interface Endpoint {
  readonly id: number;
  readonly host: number;
  readonly address: string;
}

/** Numbers for the hosts, addresses, owners, titles and contents of events. */
export interface Names {
  host(name: string): number;
  /** A host at one of its addresses. */
  endpoint(host: string, address: string): Endpoint;
  title(name: string): number;
  file(event: Pick<TransferEvent, 'contentId' | 'title' | 'owner' | 'category' | 'sizeBytes'>): File;
  /** After a transaction that was rolled back: memory is not ahead of the disk. */
  forget(): void;
}

/** Hosts active within hours of each other, about 300 bytes each; the rest is looked up on disk. */
const maximumCachedHosts = 200_000;
/** A host has few addresses at a time; what roams through more starts over. */
const maximumAddresses = 16;
const maximumCachedContents = 50_000;
/** One content is nearly always one title of one category. */
const maximumFilesOfContent = 16;

interface CachedHost {
  readonly id: number;
  /** Where it was last; most hosts have no other address, and then it takes no look into `endpoints`. */
  last: Endpoint | undefined;
  readonly endpoints: BoundedMap<string, Endpoint>;
}

interface CachedFile extends File {
  readonly title: string;
  readonly ownerName: string;
  readonly category: string;
  readonly sizeBytes: number;
}

export function createNames(database: Database): Names {
  const hostId = createInterner(database, 'hosts', ['name']);
  const endpointId = createInterner(database, 'endpoints', ['host', 'address']);
  const ownerId = createInterner(database, 'owners', ['name']);
  const titleId = createInterner(database, 'titles', ['name']);
  const fileId = createInterner(database, 'files', [
    'content_id',
    'title',
    'owner',
    'category',
    'size_bytes',
  ]);
  const hosts = new BoundedMap<string, CachedHost>(maximumCachedHosts);
  const contents = new BoundedMap<string, CachedFile[]>(maximumCachedContents);

  const hostOf = (name: string): CachedHost => {
    let host = hosts.get(name);
    if (host === undefined) {
      host = { id: hostId(name), last: undefined, endpoints: new BoundedMap(maximumAddresses) };
      hosts.set(name, host);
    }
    return host;
  };
  return {
    host: (name) => hostOf(name).id,
    endpoint(name, address) {
      const host = hostOf(name);
      if (host.last?.address === address) return host.last;
      let endpoint = host.endpoints.get(address);
      if (endpoint === undefined) {
        endpoint = { id: endpointId(host.id, address), host: host.id, address };
        host.endpoints.set(address, endpoint);
      }
      host.last = endpoint;
      return endpoint;
    },
    title: (name) => titleId(name),
    file({ contentId, title, owner: ownerName, category, sizeBytes }) {
      let files = contents.get(contentId);
      if (files === undefined) {
        files = [];
        contents.set(contentId, files);
      }
      for (const file of files) {
        if (
          file.title === title &&
          file.ownerName === ownerName &&
          file.category === category &&
          file.sizeBytes === sizeBytes
        ) {
          return file;
        }
      }
      const owner = ownerId(ownerName);
      const id = fileId(Buffer.from(contentId, 'hex'), titleId(title), owner, category, sizeBytes);
      const file = { id, owner, title, ownerName, category, sizeBytes };
      if (files.length >= maximumFilesOfContent) files.shift();
      files.push(file);
      return file;
    },
    forget() {
      hosts.clear();
      contents.clear();
    },
  };
}
