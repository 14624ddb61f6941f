import { setPriority } from 'node:os';

/** Above all else that runs here, and what an ordinary process has. */
const [URGENT, ORDINARY] = [-15, 0];

/**
 * Commands that are started meanwhile, and daemons that these leave behind, go before other processes: routers are machines of
 * their own and do not wait for agents, and an event is to be in the dumps of its second.
 */
export async function withPriority<Result>(work: () => Promise<Result>): Promise<Result> {
  setPriority(URGENT);
  try {
    return await work();
  } finally {
    setPriority(ORDINARY);
  }
}
