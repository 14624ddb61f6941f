import { closeSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { createBoundedCache } from '../model/bounded-cache.js';
import { parseAddress } from './address.js';
import { parseIpv4Dataset, parseIpv6Dataset, readNameOfLine } from './asn-dataset.js';
import { type AsnSource, createAsnMatch } from './asn-source.js';
import { NetError } from './net-error.js';
import { createRangeTable, type RangeTable } from './range-table.js';

const require = createRequire(import.meta.url);

export interface BundledAsnConfig {
  /** CSV files of `@ip-location-db/asn`, with addresses as integers; those in the package by default. */
  ipv4Path?: string;
  ipv6Path?: string;
}

export interface BundledAsnSource extends AsnSource {
  /** Reads the dataset now instead of at the first lookup; afterwards lookups answer at once. */
  load(): Promise<void>;
}

interface LoadedDataset {
  readonly table: RangeTable;
  nameOf(asn: number): string | undefined;
}

/** A CDN serves far fewer networks than there are; 80 bytes a name make this about 1 MiB. */
const maximumCachedNames = 10_000;

/** Longer than any line of the dataset. */
const lineReadBytes = 1024;

/**
 * RouteViews and DB-IP data from the package `@ip-location-db/asn`, about 10 MB in memory once loaded.
 * A lookup rejects with NetError `asn-dataset-unreadable` or `asn-dataset-malformed` while the files are not right.
 */
export function createBundledAsnSource(config: BundledAsnConfig = {}): BundledAsnSource {
  const name = 'bundled';
  let loaded: LoadedDataset | undefined;
  let loading: Promise<LoadedDataset> | undefined;

  const load = async (): Promise<LoadedDataset> => {
    loading ??= loadDataset(config).finally(() => {
      loading = undefined;
    });
    loaded ??= await loading;
    return loaded;
  };
  const find = ({ table, nameOf }: LoadedDataset, address: ReturnType<typeof parseAddress>) => {
    const asn = table.lookup(address);
    return asn === undefined ? undefined : createAsnMatch(asn, name, nameOf(asn));
  };
  return {
    name,
    async load() {
      await load();
    },
    lookup(text) {
      const address = parseAddress(text);
      return loaded ? find(loaded, address) : load().then((dataset) => find(dataset, address));
    },
  };
}

async function loadDataset(config: BundledAsnConfig): Promise<LoadedDataset> {
  const ipv4Path = config.ipv4Path ?? packagedFile(4);
  const ipv6Path = config.ipv6Path ?? packagedFile(6);
  // One after the other, so that only one file at a time is in memory.
  const ipv4 = await parseIpv4Dataset(await read(ipv4Path), basename(ipv4Path));
  const ipv6 = await parseIpv6Dataset(await read(ipv6Path), basename(ipv6Path));
  const names = createBoundedCache<number, { name: string | undefined }>(maximumCachedNames);
  return {
    table: createRangeTable(ipv4.ranges, ipv6.ranges),
    nameOf(asn) {
      const cached = names.get(asn);
      if (cached) return cached.name;
      const ipv4Offset = ipv4.lineOffsets.get(asn);
      const name =
        ipv4Offset === undefined
          ? readName(ipv6Path, ipv6.lineOffsets.get(asn), asn)
          : readName(ipv4Path, ipv4Offset, asn);
      names.set(asn, { name });
      return name;
    },
  };
}

/** A name is an extra: without the file, or with another in its place, the AS number is still known. */
function readName(path: string, offset: number | undefined, asn: number): string | undefined {
  if (offset === undefined) return undefined;
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(lineReadBytes);
      return readNameOfLine(bytes.subarray(0, readSync(file, bytes, 0, lineReadBytes, offset)), asn);
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

function packagedFile(family: 4 | 6): string {
  try {
    return family === 4
      ? require.resolve('@ip-location-db/asn/asn-ipv4-num.csv')
      : require.resolve('@ip-location-db/asn/asn-ipv6-num.csv');
  } catch (cause) {
    const message = `the IPv${family} dataset of the package @ip-location-db/asn is not installed`;
    throw new NetError('asn-dataset-unreadable', message, { cause });
  }
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new NetError('asn-dataset-unreadable', `cannot read the AS dataset ${path}: ${String(cause)}`, {
      cause,
    });
  }
}
