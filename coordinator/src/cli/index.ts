import type { Command } from 'commander';
import { addCoordinatorCommand } from './coordinator-command.js';
import { addIspCommands } from './isp-commands.js';
import { addOwnerCommands } from './owner-commands.js';
import { addTitleCommands } from './title-commands.js';
import { addTrustCommands } from './trust-commands.js';

/**
 * Adds `coordinator`, `publish`, `titles`, `withdraw`, `owner`, `isp`, `quarantine` and `audits`. The groups `owner` and `isp` are taken as they
 * are when another part made them already.
 */
export function registerCoordinatorCommands(program: Command): void {
  addCoordinatorCommand(program);
  addTitleCommands(program);
  addOwnerCommands(program);
  addIspCommands(program);
  addTrustCommands(program);
}
