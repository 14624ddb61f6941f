import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sp1, sp2 } from '../selection/fixture.js';
import { addAgent, contentA, keyOf } from '../swarm/fixture.js';
import { createSwarm } from '../swarm/index.js';
import { createSwarmNotices } from './swarm-notices.js';

const DELAY_MS = 250;
const wanting = { pieces: Uint8Array.of(0), wants: true };

function setUp() {
  const swarm = createSwarm();
  const told: string[] = [];
  const notices = createSwarmNotices(
    swarm,
    DELAY_MS,
    (to, message) => {
      if (message.type === 'swarm-changed' && message.contentId === contentA) told.push(to);
    },
    () => Date.now(),
  );
  notices.start();
  const flush = (durationMs = DELAY_MS): string[] => {
    vi.advanceTimersByTime(durationMs);
    return told.splice(0).sort();
  };
  return { swarm, notices, flush };
}

beforeEach(() => void vi.useFakeTimers({ now: 1_800_000_000_000 }));
afterEach(() => void vi.useRealTimers());

describe('swarm notices', () => {
  it('tell those that want the content of a new uploader, once for several, and not the only newcomer', () => {
    const { swarm, flush } = setUp();
    addAgent(swarm, { name: 1, place: sp1, holding: wanting });
    expect(flush()).toEqual([]);
    addAgent(swarm, { name: 2, place: sp2 });
    expect(flush()).toEqual([keyOf(1)]);
    addAgent(swarm, { name: 3, place: sp2, holding: wanting });
    addAgent(swarm, { name: 4, place: sp1, holding: wanting });
    expect(flush(DELAY_MS - 1)).toEqual([]);
    expect(flush(1)).toEqual([keyOf(1), keyOf(3), keyOf(4)].sort());
    expect(flush(60_000)).toEqual([]);
  });

  it('tell of fetchers that left in their own ISP only, and nobody outside every prefix', () => {
    const { swarm, flush } = setUp();
    addAgent(swarm, { name: 1, place: sp1, holding: wanting });
    addAgent(swarm, { name: 2, place: sp2, holding: wanting });
    addAgent(swarm, { name: 3, place: sp1, holding: wanting });
    addAgent(swarm, { name: 4, place: null, holding: wanting });
    flush();
    swarm.disconnect(keyOf(3));
    expect(flush()).toEqual([keyOf(1)]);
  });

  it('tell a bounded number, those of the same ISP first', () => {
    const { swarm, flush } = setUp();
    for (let name = 0; name < 300; name += 1)
      addAgent(swarm, { name, place: name < 290 ? sp2 : sp1, holding: wanting });
    flush();
    addAgent(swarm, { name: 'new', place: sp1 });
    const told = flush();
    expect(told).toHaveLength(64);
    for (let name = 290; name < 300; name += 1) expect(told).toContain(keyOf(name));
  });

  it('come less often while a swarm keeps changing, and promptly again after quiet', () => {
    const { swarm, flush } = setUp();
    addAgent(swarm, { name: 'wants', place: sp1, holding: wanting });
    const change = (name: number): void => void addAgent(swarm, { name, place: sp2 });
    let notices = 0;
    for (let name = 0; name < 240; name += 1) {
      change(name);
      notices += flush().length;
    }
    expect(notices).toBeGreaterThan(6);
    expect(notices).toBeLessThan(25);
    flush(30_000);
    change(1_000);
    expect(flush()).toEqual([keyOf('wants')]);
  });

  it('leave no timer behind', () => {
    const { swarm, notices } = setUp();
    addAgent(swarm, { name: 1, place: sp1 });
    notices.stop();
    expect(vi.getTimerCount()).toBe(0);
    addAgent(swarm, { name: 2, place: sp1 });
    expect(vi.getTimerCount()).toBe(0);
  });
});
