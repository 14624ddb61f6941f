import { MrtError } from '../mrt/mrt-error.js';
import { createSlices, type ReadTablesOptions, readTables, readTablesOfFile } from '../mrt/read-tables.js';
import type { TableVisitor } from '../mrt/table-dump.js';
import { createRibBuilder, type RibBuilder, type RibOptions } from './rib-builder.js';
import type { RibTable } from './rib-table.js';

/** A router that appends a dump a minute to one file fills this in two weeks. */
const maximumTables = 20_000;

/**
 * Every table in a file, each as a snapshot, in the order of the file: BIRD writes one for each of its tables, and appends to a
 * file that is there. Throws MrtError and AbortError; what came before is then given already.
 */
export async function* readRibs(
  path: string,
  options: RibOptions & ReadTablesOptions = {},
): AsyncGenerator<RibTable, void> {
  const tables = createTableCollector(options);
  const slices = createSlices();
  const finish = async (builder: RibBuilder): Promise<RibTable> => {
    const steps = builder.finish();
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) return step.value;
      await slices.pause(options.signal);
    }
  };
  const reading = readTablesOfFile(path, tables.visitor, options);
  let skippedRecords = 0;
  for (let slice = await reading.next(); ; slice = await reading.next()) {
    if (slice.done) {
      skippedRecords = slice.value;
      break;
    }
    for (const builder of tables.takeFinished()) yield await finish(builder);
  }
  tables.checkSome(skippedRecords);
  for (const builder of tables.takeAll()) yield await finish(builder);
}

/** As `readRibs`, of bytes that are in memory and not compressed. Throws MrtError. */
export function parseRibs(bytes: Uint8Array, options: RibOptions = {}): RibTable[] {
  const tables = createTableCollector(options);
  tables.checkSome(readTables(bytes, tables.visitor));
  return tables.takeAll().map((builder) => {
    const steps = builder.finish();
    let step = steps.next();
    while (!step.done) step = steps.next();
    return step.value;
  });
}

function createTableCollector(options: RibOptions) {
  let builders: RibBuilder[] = [];
  let current: RibBuilder | undefined;
  let count = 0;
  const visitor: TableVisitor = {
    table(start) {
      count += 1;
      if (count > maximumTables) {
        throw new MrtError('mrt-too-large', `more than ${maximumTables} tables in one file`, 0);
      }
      current = createRibBuilder(start, options);
      builders.push(current);
    },
    prefix: (prefix) => current!.prefix(prefix),
    route: (entry) => current!.route(entry),
  };
  return {
    visitor,
    checkSome(skippedRecords: number): void {
      if (count > 0) return;
      if (skippedRecords === 0) throw new MrtError('mrt-truncated', 'MRT file is empty', 0);
      const message = `no table (TABLE_DUMP_V2) among ${skippedRecords} MRT records; give a RIB dump, not updates`;
      throw new MrtError('mrt-malformed', message, 0);
    },
    /** Tables after which another one has begun. */
    takeFinished(): RibBuilder[] {
      return builders.splice(0, builders.length - 1);
    },
    takeAll(): RibBuilder[] {
      const all = builders;
      builders = [];
      return all;
    },
  };
}
