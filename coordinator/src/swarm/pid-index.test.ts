import { expect, it } from 'vitest';
import { createPidIndex } from './pid-index.js';
import type { Member, Network } from './swarm-model.js';

const network: Network = { id: 1, asn: 64501, isp: 'sp1', country: null };
const memberOf = (pid: string): Member =>
  ({ agent: { network, pids: new Map([['sp1', pid]]) } }) as unknown as Member;

it('holds no more groups than it may: further PIDs count as not listed, until others are empty', () => {
  const index = createPidIndex('sp1', 4);
  const members = Array.from({ length: 6 }, (_, number) => memberOf(`pid${number}`));
  const pids = () => [...index.groups.get(network)!.keys()];
  expect(members.map((member) => index.set(member, 'holder'))).toEqual([true, true, true, true, true, false]);
  expect(pids()).toEqual(['pid0', 'pid1', 'pid2', 'pid3', undefined]);
  expect(index.groups.get(network)!.get(undefined)!.holders.size).toBe(2);
  for (const member of members.slice(0, 3)) expect(index.set(member, undefined)).toBe(false);
  // What is empty for a while stays, so that nothing has to be looked at anew.
  expect(index.set(members[0]!, 'starter')).toBe(false);
  expect(pids()).toHaveLength(5);
  expect(index.set(members[4]!, 'holder')).toBe(true);
  expect(pids()).toEqual(['pid0', 'pid3', undefined, 'pid4']);
});
