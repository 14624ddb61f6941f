import { type Finding, finding } from './finding.js';
import type { Thresholds } from './thresholds.js';

/** How many agents received contents of agents within the window, and how many of them a content more than once over. */
export interface Repeats {
  readonly agents: number;
  readonly repeating: number;
}

const SCORE = 20;

/**
 * Programs that fetch to be counted sit in few networks, while people who fetch again are everywhere: an AS whose agents repeat many
 * times as often as all others is strange, and so is each of them that repeats (regions with abnormal repeat downloads of
 * NetSession, Aditya et al., NSDI 2012, §2). A weak sign, since a popular router or a shared computer can be behind it.
 */
export function checkRepeats(
  asn: number,
  within: Repeats,
  elsewhere: Repeats,
  { repeatAgents, repeatFactor }: Pick<Thresholds, 'repeatAgents' | 'repeatFactor'>,
): Finding | undefined {
  if (within.repeating < repeatAgents) return undefined;
  // One of all, where nobody else repeats: what never happened may happen (rule of succession).
  const usual = (elsewhere.repeating + 1) / (elsewhere.agents + 2);
  const share = within.repeating / within.agents;
  if (share < Math.min(0.9, usual * repeatFactor)) return undefined;
  const message =
    `${within.repeating} of ${within.agents} agents of AS${asn} fetch contents again, ` +
    `of all others ${elsewhere.repeating} of ${elsewhere.agents}`;
  return finding('repeats-in-as', `AS${asn}`, SCORE, message, [`AS${asn}`]);
}
