import type { AgentKey } from '@fairhop/shared/model';
import type { GrantRecord } from './running-grant.js';

type Downloader = Pick<GrantRecord, 'downloader' | 'downloaderPlace'>;
type Held = Downloader & Pick<GrantRecord, 'answeredMs'>;

/** How many grants one downloader, and all at one place, may have at once: each keeps a slot of somebody's uplink. */
export interface DownloaderLimits {
  /** For how many more there is room. */
  room(downloader: { downloader: AgentKey; downloaderPlace: string | undefined }): number;
  opened(grant: Held): void;
  /** After it got its `answeredMs`. */
  answered(grant: Held): void;
  closed(grant: Held): void;
}

interface Bound {
  readonly running: number;
  /** Of these, those whose uploader was not heard yet. They cost the downloader a message. */
  readonly unanswered: number;
}

/** Ten downloads with as many peers as agents ask for by default; one answer has at most 64. */
const OF_KEY: Bound = { running: 256, unanswered: 64 };
/** A household or office; behind carrier-grade NAT, where they are many, edges bring what is beyond. Keys cost nothing, addresses do. */
const OF_PLACE: Bound = { running: 4_096, unanswered: 1_024 };

export function createDownloaderLimits(): DownloaderLimits {
  const counts = new Map<string, { running: number; unanswered: number }>();
  const scopesOf = ({
    downloader,
    downloaderPlace,
  }: {
    downloader: AgentKey;
    downloaderPlace?: string | undefined;
  }): (readonly [string, Bound])[] => [
    [`key:${downloader}`, OF_KEY],
    ...(downloaderPlace === undefined ? [] : [[`place:${downloaderPlace}`, OF_PLACE] as const]),
  ];
  const change = (grant: Held, running: number, unanswered: number): void => {
    for (const [scope] of scopesOf(grant)) {
      const count = counts.get(scope) ?? { running: 0, unanswered: 0 };
      count.running += running;
      count.unanswered += unanswered;
      if (count.running > 0) counts.set(scope, count);
      else counts.delete(scope);
    }
  };
  const waiting = ({ answeredMs }: Held): number => (answeredMs === undefined ? 1 : 0);
  return {
    room: (downloader) =>
      Math.min(
        ...scopesOf(downloader).map(([scope, bound]) => {
          const { running, unanswered } = counts.get(scope) ?? { running: 0, unanswered: 0 };
          return Math.max(0, Math.min(bound.running - running, bound.unanswered - unanswered));
        }),
      ),
    opened: (grant) => change(grant, 1, waiting(grant)),
    answered: (grant) => change(grant, 0, -1),
    closed: (grant) => change(grant, -1, -waiting(grant)),
  };
}
