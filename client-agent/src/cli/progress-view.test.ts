import { expect, it } from 'vitest';
import type { DownloadProgress, DownloadResult } from '../agent-types.js';
import { describeProgress, describeResult } from './progress-view.js';

const MIB = 1024 * 1024;
const result = (more: Partial<DownloadResult>): string => {
  const bytesFromPeers = more.bytesFromPeers ?? 4 * MIB;
  const bytesFromEdges = more.bytesFromEdges ?? 6 * MIB;
  return describeResult({
    sizeBytes: 10 * MIB,
    seconds: 2,
    peers: 2,
    peerIsps: ['sp1', 'sp2'],
    edges: ['e1'],
    ...more,
    bytesFromPeers,
    bytesFromEdges,
    bytes: bytesFromPeers + bytesFromEdges,
  } as DownloadResult);
};

it.each([
  [
    {},
    /^10(\.0)? MiB in 2\.0 s \(41\.9 Mbit\/s\), verified; 40 % from 2 peers in sp1, sp2, the rest from 1 edge$/,
  ],
  [
    { bytesFromPeers: 0, edges: ['e1', 'e2'] },
    /^10(\.0)? MiB, 6(\.0)? MiB of it in .*, verified; all from 2 edges$/,
  ],
  [{ bytesFromEdges: 0, peers: 1, peerIsps: ['unknown'] }, /; all from 1 peer in an unknown ISP$/],
  [{ peerIsps: ['a', 'b', 'c', 'd', 'e'] }, /from 2 peers in 5 ISPs, the rest/],
  [{ bytesFromPeers: 0, bytesFromEdges: 0 }, /^10(\.0)? MiB was held already and verified$/],
])('says where %j came from', (more, expected) => {
  expect(result(more)).toMatch(expected);
});

it('says which network’s policy limits a download', () => {
  const notice = { policy: 'sp1-evening', component: 'link:as:64500>as:64501' };
  const told = (count: number): string =>
    describeProgress({
      ...{ sizeBytes: 10 * MIB, verifiedBytes: MIB, rateBitsPerSecond: 5_000_000, timeLeftMs: 1_000 },
      ...{ bytesFromPeers: 0, bytesFromEdges: MIB, peers: 0, peerIsps: [], edges: ['e1'] },
      limitedBy: Array.from({ length: count }, () => notice),
    } as unknown as DownloadProgress);
  expect(told(0)).toMatch(/all from 1 edge$/);
  const one = "; a network's policy limits this download (sp1-evening, link:as:64500>as:64501";
  expect(told(1)).toContain(`${one})`);
  expect(told(3)).toContain(`${one}, and 2 more)`);
});
