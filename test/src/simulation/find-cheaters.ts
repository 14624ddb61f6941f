import type { World } from './world.js';

/** What accounting does every few seconds: looks at all that was reported, and puts suspects into quarantine. */
export async function findCheaters({ books, tally, agent: agentOf }: World): Promise<void> {
  await books.review();
  for (const { agent, quarantine, suspicions, score } of books.suspects()) {
    const suspect = agentOf(agent);
    if (suspect.conduct.kind === 'honest') {
      if (process.env['SIMDEBUG'] && quarantine && !tally.honestSuspects.has(agent)) {
        console.log(
          'HONEST',
          new Date(0).getTime(),
          JSON.stringify(suspicions),
          suspect.offlineUntilMs,
          suspect.runs,
          suspect.address,
        );
        for (const d of books.ledger.beliefs.disputes(100, 1e15, agent))
          console.log(
            agentOf(d.uploader).conduct.kind,
            agentOf(d.downloader).conduct.kind,
            d.uploader === agent ? 'as uploader' : 'as downloader',
            JSON.stringify(d),
          );
        for (const s of suspicions)
          for (const e of s.evidence) {
            const k = e.slice(6, 49);
            const w = agentOf(k);
            console.log('witness', w?.conduct.kind, w?.offlineUntilMs, w?.runs);
          }
      }
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
