import type { Suspect } from '@fairhop/shared/contract';
import { printJson } from '@fairhop/shared/service';
import { instantText, writeLine } from './print.js';
import { askAccounting, type ServiceOptions } from './service-client.js';

interface SuspectsOptions extends ServiceOptions {
  readonly limit?: number;
  readonly evidence?: boolean;
}

export async function listSuspects({ limit, evidence = false, ...options }: SuspectsOptions): Promise<void> {
  const query = limit === undefined ? {} : { limit };
  const { suspects } = await askAccounting(options, (client) => client.listSuspects({ query }));
  if (options.json) printJson(suspects);
  else if (suspects.length === 0) writeLine('No agent is under suspicion.');
  else writeLine(suspects.map((suspect) => suspectText(suspect, evidence)).join('\n\n'));
}

function suspectText(
  { agent, score, suspicions, disputedCounterparts, settledCounterparts, quarantine }: Suspect,
  withEvidence: boolean,
): string {
  const lines = [
    `${agent}  ${score} of 100`,
    `  counterparts that differ with it: ${disputedCounterparts}; that do not: ${settledCounterparts}`,
  ];
  if (quarantine !== null) {
    const { by, sinceMs, untilMs } = quarantine;
    const end = untilMs === null ? 'until it is released by hand' : `until ${instantText(untilMs)}`;
    lines.push(`  in quarantine since ${instantText(sinceMs)} by ${by}, ${end}`);
  }
  for (const { check, score: one, message, evidence, timeMs } of suspicions) {
    lines.push(`  ${String(one).padStart(3)}  ${check}: ${message} (${instantText(timeMs)})`);
    if (withEvidence) lines.push(...evidence.map((text) => `         ${text}`));
  }
  return lines.join('\n');
}
