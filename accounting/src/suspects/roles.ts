import type { Steps } from '../networks/steps.js';
import { blame, type Standing } from './blame.js';
import type { Difference } from './differences.js';
import type { Meeting } from './meetings.js';

/** A transfer whose ends differ, as far as that is telling by now. */
export interface DifferingTransfer {
  readonly uploader: string;
  readonly downloader: string;
  readonly difference: Difference;
  readonly lastMs: number;
  readonly signedMs: number;
}

/** How many transfers settled without any difference. */
export interface SettledPair {
  readonly uploader: string;
  readonly downloader: string;
  readonly count: number;
}

/** All that there is to judge by. */
export interface Told {
  readonly differing: readonly DifferingTransfer[];
  readonly settled: readonly SettledPair[];
}

/** What is known of agents besides. */
interface KnownOfAgents {
  readonly isGuilty: (agent: string) => boolean;
  readonly addressOf: (agent: string) => string;
  /** What was said until then does not count against it. */
  readonly releasedMs: (agent: string) => number;
}

type Roles = 'apart' | 'together';

interface Pair {
  readonly uploader: string;
  readonly downloader: string;
  words: number;
  silent: number;
  /** Of those that may have been broken off: when. */
  readonly brokeMs: number[];
  lastMs: number;
  /** Who may lie in any of it: of a receipt that its downloader does not report, the uploader shows that one's signature. */
  readonly doubted: Set<string>;
}

const nameOf = (agent: string, role: 'uploader' | 'downloader', roles: Roles): string =>
  roles === 'apart' ? `${agent} ${role}` : agent;
function agentOf(name: string): string {
  const end = name.indexOf(' ');
  return end < 0 ? name : name.slice(0, end);
}

const pairKey = (one: string, other: string): string => (one < other ? `${one} ${other}` : `${other} ${one}`);

/**
 * Who lies as a downloader may be honest as an uploader, and with whom it agrees there says nothing of its lies: each agent is judged
 * in both roles together, and in each by itself. Who speaks against it is a person: whoever is in good standing in both roles
 * together is heard in each, also where it has met few. Gives an agent's standings, up to three.
 */
export function* blameByRole(
  told: Told,
  { isGuilty, addressOf, releasedMs }: KnownOfAgents,
): Steps<Standing[]> {
  const known = {
    isGuilty: (name: string) => isGuilty(agentOf(name)),
    addressOf: (name: string) => addressOf(agentOf(name)),
  };
  const together = yield* blame(yield* meetingsOf(told, 'together', releasedMs), known);
  const trusted = new Set(together.filter(({ isTrusted }) => isTrusted).map(({ agent }) => agent));
  const isTrusted = (name: string): boolean => trusted.has(agentOf(name));
  const apart = yield* blame(yield* meetingsOf(told, 'apart', releasedMs), { ...known, isTrusted });
  return [...together, ...apart].map((standing) => ({
    ...standing,
    agent: agentOf(standing.agent),
    witnesses: standing.witnesses.map(agentOf),
  }));
}

function* meetingsOf(told: Told, roles: Roles, releasedMs: KnownOfAgents['releasedMs']): Steps<Meeting[]> {
  const pairs = yield* differingPairs(told, roles);
  const settled = yield* settledPairs(told, roles);
  const meetings: Meeting[] = [];
  for (const [key, { uploader: one, downloader: other, ...pair }] of pairs) {
    yield;
    const { words, silent, brokeMs, lastMs, doubted } = pair;
    // One line that broke among many that held is no dispute.
    const isSilent = words === 0 && silent >= (settled.get(key)?.count ?? 0);
    if (words === 0 && !isSilent) continue;
    settled.delete(key);
    const forgiven = [one, other].filter((name) => lastMs <= releasedMs(agentOf(name)));
    const isBreak = words === 0 && brokeMs.length === silent;
    meetings.push({
      ...{ one, other, differs: words > 0 ? 'words' : 'silence', forgiven },
      cleared: [one, other].filter((name) => !doubted.has(name)),
      ...(isBreak && { brokeMs }),
    });
  }
  for (const { uploader: one, downloader: other } of settled.values()) {
    meetings.push({ one, other, differs: 'never' });
    yield;
  }
  return meetings;
}

function* differingPairs({ differing }: Told, roles: Roles): Steps<Map<string, Pair>> {
  const pairs = new Map<string, Pair>();
  for (const { difference, lastMs, signedMs, ...row } of differing) {
    const uploader = nameOf(row.uploader, 'uploader', roles);
    const downloader = nameOf(row.downloader, 'downloader', roles);
    const key = pairKey(uploader, downloader);
    const pair: Pair = pairs.get(key) ?? {
      ...{ uploader, downloader, words: 0, silent: 0, brokeMs: [], lastMs: 0 },
      doubted: new Set(),
    };
    pair.doubted.add(downloader);
    if (difference !== 'denied') pair.doubted.add(uploader);
    if (difference === 'words') pair.words += 1;
    else pair.silent += 1;
    if (difference === 'unacknowledged') pair.brokeMs.push(signedMs);
    pair.lastMs = Math.max(pair.lastMs, lastMs);
    pairs.set(key, pair);
    yield;
  }
  return pairs;
}

function* settledPairs({ settled }: Told, roles: Roles): Steps<Map<string, SettledPair>> {
  const pairs = new Map<string, SettledPair>();
  for (const pair of settled) {
    const uploader = nameOf(pair.uploader, 'uploader', roles);
    const downloader = nameOf(pair.downloader, 'downloader', roles);
    const key = pairKey(uploader, downloader);
    const count = pair.count + (pairs.get(key)?.count ?? 0);
    pairs.set(key, { uploader, downloader, count });
    yield;
  }
  return pairs;
}
