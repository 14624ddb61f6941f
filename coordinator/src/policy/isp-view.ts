import type { PolicyChange, PolicyState } from '@fairhop/shared/contract';
import type { Policy } from '@fairhop/shared/model';

/** Whose dealings it tells of: the coordinator does not know with which owners an ISP has a contract. */
export const isAboutOne = ({ scope }: Policy): boolean => scope.kind === 'owner' || scope.kind === 'title';

/** What an ISP is told of a policy that it may see: of one owner's or title's traffic the terms and the phase alone. */
export function stateForIsp(state: PolicyState): PolicyState {
  if (!isAboutOne(state)) return state;
  return {
    ...state,
    ...{ grantedBitsPerSecond: null, expectedBitsPerSecond: null, measuredBitsPerSecond: null, booked: null },
    ...{ grants: null, edgeTransfers: null, refusals: null, lowered: null, revoked: null },
  };
}

const quietTexts: Partial<Record<PolicyChange['what'], string>> = {
  acting: 'new transfers go around it, or share it',
  released: 'new transfers may use it again',
};

/**
 * Its history, the newest first, as an ISP is told it. A policy of that name before may have been another party's, and before it was
 * changed the last time it may have been about one owner's or title's traffic.
 */
export function historyForIsp(
  policy: Policy,
  history: readonly PolicyChange[],
  isp: string,
): readonly PolicyChange[] {
  const end = history.findIndex(({ what }) => what === 'removed');
  const sinceMade = history.slice(0, end < 0 ? undefined : end);
  const isOwn = policy.setBy === `isp:${isp}`;
  return sinceMade.flatMap((change) => {
    const isOfNow = change.timeMs >= policy.changedMs;
    if (!isOfNow && !isOwn) return [];
    const text = isOfNow && !isAboutOne(policy) ? undefined : quietTexts[change.what];
    return [text === undefined ? change : { ...change, text }];
  });
}
