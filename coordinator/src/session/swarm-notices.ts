import type { CoordinatorMessage } from '@fairhop/shared/contract';
import type { AgentKey, ContentId } from '@fairhop/shared/model';
import type { Member, Swarm } from '../swarm/index.js';

/** Tells agents that want a content when asking for its sources again is worth it. */
export interface SwarmNotices {
  start(): void;
  stop(): void;
}

/** Agents told of one change: what is new to a large swarm is new to few of its members. */
const MAX_TOLD = 64;
/** Members looked at to find those of the same ISP, whom it serves best. */
const MAX_LOOKED_AT = 1_024;
/** Notices in the time of a flash crowd come at the usual delay, then ever less often. */
const PROMPT_NOTICES = 6;
const MAX_DELAY_MS = 8_000;
/** Without a change for so long, the next one is prompt again. */
const QUIET_MS = 20_000;

/** Contents whose pace is remembered, beyond those with a notice under way. */
const MAX_REMEMBERED = 10_000;

interface Pending {
  timer: NodeJS.Timeout | undefined;
  count: number;
  lastMs: number;
  /** ISPs that got new uploaders or fetchers. */
  isps: Set<string | null>;
  hasNewUploader: boolean;
  /** The only agent that changed, or null when there are several: alone, it need not hear of itself. */
  only: AgentKey | null | undefined;
}

export function createSwarmNotices(
  swarm: Swarm,
  delayMs: number,
  send: (to: AgentKey, message: CoordinatorMessage) => void,
  monotonicMs: () => number = () => performance.now(),
): SwarmNotices {
  const pending = new Map<ContentId, Pending>();
  let unsubscribe: (() => void) | undefined;

  const tell = (contentId: ContentId): void => {
    const notice = pending.get(contentId);
    const content = swarm.contents.get(contentId);
    if (!notice || !content) {
      pending.delete(contentId);
      return;
    }
    const { isps, hasNewUploader, only } = notice;
    notice.timer = undefined;
    notice.isps = new Set();
    notice.hasNewUploader = false;
    notice.only = undefined;
    const near: Member[] = [];
    const far: Member[] = [];
    const { elements, size } = content.wanting;
    // From another place each time, so that in a large swarm it is everyone's turn.
    const start = size > MAX_LOOKED_AT ? Math.floor(Math.random() * size) : 0;
    for (let step = 0; step < Math.min(size, MAX_LOOKED_AT) && near.length < MAX_TOLD; step += 1) {
      const member = elements[(start + step) % size]!;
      const { key, network } = member.agent;
      if (network === null || key === only) continue;
      if (isps.has(network.isp)) near.push(member);
      // Fetchers are named to their own ISP only.
      else if (hasNewUploader && far.length < MAX_TOLD) far.push(member);
    }
    for (const { agent } of [...near, ...far].slice(0, MAX_TOLD))
      send(agent.key, { type: 'swarm-changed', contentId });
  };

  const nextDelayMs = (notice: Pending): number => {
    const nowMs = monotonicMs();
    if (nowMs - notice.lastMs > QUIET_MS) notice.count = 0;
    notice.lastMs = nowMs;
    notice.count += 1;
    return Math.min(
      delayMs * 2 ** Math.max(0, notice.count - PROMPT_NOTICES),
      Math.max(delayMs, MAX_DELAY_MS),
    );
  };

  const forgetQuiet = (): void => {
    for (const [contentId, { timer }] of pending) if (!timer) pending.delete(contentId);
  };

  return {
    start() {
      unsubscribe = swarm.onChange(({ contentId }, { agent }, { newUploader }) => {
        const notice = pending.get(contentId) ?? {
          timer: undefined,
          count: 0,
          lastMs: 0,
          isps: new Set(),
          hasNewUploader: false,
          only: undefined,
        };
        if (pending.size >= MAX_REMEMBERED) forgetQuiet();
        pending.set(contentId, notice);
        if (agent.network) notice.isps.add(agent.network.isp);
        notice.hasNewUploader ||= newUploader;
        notice.only = notice.only === undefined || notice.only === agent.key ? agent.key : null;
        notice.timer ??= setTimeout(() => tell(contentId), nextDelayMs(notice));
      });
    },
    stop() {
      unsubscribe?.();
      for (const { timer } of pending.values()) clearTimeout(timer);
      pending.clear();
    },
  };
}
