import { it } from 'vitest';
import { simulate } from './simulate.js';

it('time', { timeout: 600000 }, async () => {
  for (const seed of (process.env['SEEDS'] ?? '1').split(',').map(Number)) {
    const t = performance.now();
    const r = await simulate({ seed, agents: Number(process.env['AGENTS'] ?? 60), cheatersPercent: 30 });
    console.log(
      seed,
      performance.now() - t,
      r.transfers,
      r.collusionBilledBytes,
      r.collusionBoundBytes,
      r.honestBytes - r.honestSettledBytes,
      JSON.stringify([r.refusedOfHonest, r.honestQuarantined, r.honestSuspected], null, 1),
    );
    for (const [k, v] of Object.entries(r.kinds)) console.log(k, JSON.stringify(v));
  }
});
