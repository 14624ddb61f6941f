import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInternet } from './build/create-internet.js';
import { internet } from './internet.js';
import type { Story } from './scenario/story.js';
import { withPriority } from './scenario/with-priority.js';

/** Files of an internet that is left standing. Short: control sockets are in it. */
export const STANDING_DIRECTORY = join(tmpdir(), 'fh-lab');

const commands = ['up', 'status', 'down'] as const;
export type StandingCommand = (typeof commands)[number];
export const isStandingCommand = (word: string): word is StandingCommand =>
  commands.some((command) => command === word);

interface StandingConfig {
  /** By default `STANDING_DIRECTORY`. */
  readonly directory: string | undefined;
  readonly story: Story;
  readonly signal: AbortSignal;
}

/** An internet without the system, to look around in. Gives the exit code: 1 where a session is down. */
export async function runStanding(
  command: StandingCommand,
  { directory = STANDING_DIRECTORY, story, signal }: StandingConfig,
): Promise<number> {
  const running = createInternet(internet, { directory, log: story.line });
  if (command === 'up') {
    await withPriority(() => running.up(signal));
    process.stdout.write(`the internet stands; its files are in ${directory}\n`);
    return 0;
  }
  if (command === 'down') {
    await running.down();
    // Another one is its user's.
    await rm(STANDING_DIRECTORY, { recursive: true, force: true });
    process.stdout.write('the internet is taken down\n');
    return 0;
  }
  const routers = await running.status();
  const lines = routers.map(({ router, sessions }) => {
    const down = sessions.filter(({ isUp }) => !isUp).map(({ name }) => name);
    const state = sessions.length === 0 ? 'does not run' : `${sessions.length} sessions`;
    return `${router}: ${state}${down.length > 0 ? `, down: ${down.join(', ')}` : ''}\n`;
  });
  process.stdout.write(lines.join(''));
  return routers.every(({ sessions }) => sessions.length > 0 && sessions.every(({ isUp }) => isUp)) ? 0 : 1;
}
