import type { AllInOne } from '../up/all-in-one.js';
import { runCommand } from './run-command.js';

/** At a terminal of one who holds a token. */
export interface Typing {
  /** Runs `fairhop` with these words; gives the document that it printed, if any. Throws `command-failed`. */
  type(...words: string[]): Promise<unknown>;
  readonly originDirectory: string;
}

export const typingAs = (token: string, all: AllInOne, signal: AbortSignal): Typing => {
  const { coordinatorUrl, accountingUrl, originDirectory } = all;
  return {
    originDirectory,
    type: (...words) => runCommand(words, { coordinatorUrl, accountingUrl, token }, signal),
  };
};
