import type { Story } from './story.js';

export const OWNER = 'moviestudio';
export const EDGE_RATE_BITS_PER_SECOND = 40_000_000;
export const UPLINK_RATE = '30Mbit/s';
/** Parts of transfers are short here, so that the budget can warn while the downloads run. */
export const PART_MS = 5_000;

export interface DemoSetting {
  readonly directory: string;
  /** Where invoices are left. */
  readonly outputDirectory: string;
  readonly file: string;
  readonly perIsp: number;
  readonly story: Story;
  readonly signal: AbortSignal;
}
