import { type Finding, finding } from './finding.js';
import type { Thresholds } from './thresholds.js';

/** What agents sent each other of a content within the window, by pair in one direction, and who received any of it from anywhere. */
export interface ContentDemand {
  readonly contentId: string;
  readonly sizeBytes: number;
  readonly receivers: ReadonlySet<string>;
  readonly pairs: readonly {
    readonly uploader: string;
    readonly downloader: string;
    readonly bytes: number;
  }[];
}

/** Low, since the volume counts too: who watches a rare film again has one seeder, and may be the only one. */
const FIRST_SCORE = 30;
const STEP_SCORE = 5;
const MAX_SCORE = 50;

/**
 * A content that only two ever had, which they send each other over and over: nobody asked for it but to have it counted. Colluders
 * who bring their own title look so (Aditya et al., NSDI 2012, §2; "self-promotion" in Hoffman et al., "A Survey of Attack
 * and Defense Techniques for Reputation Systems", 2009).
 */
export function checkUnsharedDemand(
  { contentId, sizeBytes, receivers, pairs }: ContentDemand,
  { unsharedTimes }: Pick<Thresholds, 'unsharedTimes'>,
): ReadonlyMap<string, Finding> {
  const agents = new Set(pairs.flatMap(({ uploader, downloader }) => [uploader, downloader]));
  const none = new Map<string, Finding>();
  if (sizeBytes === 0 || agents.size !== 2 || [...receivers].some((one) => !agents.has(one))) return none;
  const bytes = pairs.reduce((sum, pair) => sum + pair.bytes, 0);
  const times = bytes / sizeBytes;
  if (times < unsharedTimes) return none;
  const score = Math.min(MAX_SCORE, FIRST_SCORE + STEP_SCORE * Math.floor(times - unsharedTimes));
  const message = `${bytes} bytes of a content of ${sizeBytes} bytes went between it and one other agent, and to nobody else`;
  const evidence = [`content ${contentId}`, ...[...agents].map((key) => `agent ${key}`)];
  return new Map(
    [...agents].map((key) => [key, finding('unshared-demand', contentId, score, message, evidence)]),
  );
}
