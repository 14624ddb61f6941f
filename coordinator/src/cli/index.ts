import type { Command } from 'commander';
import { addAuditTrailCommand } from './audit-trail-command.js';
import { addCoordinatorCommand } from './coordinator-command.js';
import { addIspCommands } from './isp-commands.js';
import { addLoginCommands } from './login-commands.js';
import { addOwnerCommands } from './owner-commands.js';
import { addPolicyCommands } from './policy-commands.js';
import { addTitleCommands } from './title-commands.js';
import { addTrustCommands } from './trust-commands.js';
import { addApiKeyCommands, addUserCommands } from './user-commands.js';

/**
 * Adds `coordinator`, `publish`, `titles`, `withdraw`, `owner`, `isp`, `policy`, `quarantine` and `audits`. The groups `owner` and `isp` are taken as they
 * are when another part made them already.
 */
export function registerCoordinatorCommands(program: Command): void {
  addCoordinatorCommand(program);
  addTitleCommands(program);
  addOwnerCommands(program);
  addIspCommands(program);
  addPolicyCommands(program);
  addTrustCommands(program);
  addLoginCommands(program);
  addUserCommands(program);
  addApiKeyCommands(program);
  addAuditTrailCommand(program);
}
