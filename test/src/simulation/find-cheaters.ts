import type { World } from './world-model.js';

/**
 * What accounting does every few seconds: looks at all that was reported, and puts suspects into quarantine. Beside these, those count
 * as caught that the coordinator put there.
 */
export async function findCheaters({ books, desk, tally, agent: agentOf }: World): Promise<void> {
  await books.review();
  for (const { agent, caught } of tally.cheaters.values())
    if (caught === undefined && desk.isQuarantinedForBadData(agent.identity.key))
      tally.caught(agent, 'quarantined: bad-data');
  for (const { agent, caught } of tally.cheaters.values())
    if (caught === undefined) tally.looked(agent, books.independentOf(agent.identity.key));
  for (const { agent, quarantine, suspicions, score } of books.suspects()) {
    const suspect = agentOf(agent);
    if (suspect.conduct.kind === 'honest') {
      tally.suspected(
        suspect,
        `${quarantine ? 'quarantined' : 'suspected'} by ${suspicions.map(({ check }) => check)}, score ${score}`,
      );
      continue;
    }
    const proof = suspicions.find(({ check }) => /^(receipt|statement)-(fork|rewritten)$/.test(check));
    const [heaviest] = [...suspicions].sort((one, other) => other.score - one.score);
    if (proof !== undefined) tally.caught(suspect, `proven: ${proof.check}`);
    else if (quarantine !== null) tally.caught(suspect, `quarantined: ${heaviest?.check}`);
  }
}
