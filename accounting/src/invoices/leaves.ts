import { createHash } from 'node:crypto';
import { FairhopError } from '@fairhop/shared/model';

const FORM = 'fairhop usage 1';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * What a line counts, in canonical form: a leaf for each part of time and route has the SHA-256 of its rows, and the digest is that of
 * all leaves in the order of their names. Rows are `hour events bytes` of what was booked, `hour bytes` of what of it may not be
 * billed (yet), `bin bytes` of what a percentile is of, or `host content time` of files.
 */
export class Leaves {
  readonly #lines: string[] = [];
  events = 0;
  /** Billable. */
  bytes = 0;

  addRows(name: string, rows: string): void {
    if (rows !== '') this.#lines.push(`${name} ${sha256(rows)}`);
  }

  count(events: number, bytes: number): void {
    this.events += events;
    this.bytes += bytes;
    if (Number.isSafeInteger(this.bytes) && Number.isSafeInteger(this.events)) return;
    const message = `what a charge counts is beyond ${Number.MAX_SAFE_INTEGER} bytes; a charge of fewer networks is right`;
    throw new FairhopError('sum-beyond-limit', message, { status: 422 });
  }

  get digest(): string {
    return sha256([FORM, ...this.#lines.sort()].join('\n'));
  }
}
