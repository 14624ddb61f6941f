import type { Member, SelectionKnowledge, SelectionRequest, Swarm } from '@fairhop/coordinator';

/** The same choice without indexes: look at every member of the swarm, sort those that may deliver, take the first. */
export function selectNaively(
  swarm: Swarm,
  { downloader: key, contentId, category, maxPeers, exclude }: SelectionRequest,
  knowledge: SelectionKnowledge,
): Member[] {
  const content = swarm.contents.get(contentId);
  const downloader = swarm.agents.get(key);
  const mine = content?.members.get(key)?.pieces;
  if (!content || !downloader?.network || !mine) return [];
  const usable: { member: Member; cost: number; lot: number }[] = [];
  for (const member of content.members.values()) {
    const { agent } = member;
    if (agent.key === key || exclude.has(agent.key) || !agent.mayUpload || !agent.network) continue;
    if (!agent.readiness || agent.slotsUsed >= agent.readiness.slots) continue;
    if (agent.categories && !agent.categories.has(category)) continue;
    if (!member.wants && !member.pieces.offersTo(mine)) continue;
    const cost =
      agent.address === downloader.address ? 0 : knowledge.costOf(agent.network, downloader.network);
    if (cost !== undefined) usable.push({ member, cost, lot: Math.random() });
  }
  return usable
    .sort((one, other) => one.cost - other.cost || one.lot - other.lot)
    .slice(0, maxPeers)
    .map(({ member }) => member);
}
