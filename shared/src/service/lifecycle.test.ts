import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { composeServices, runUntilSignal, type Service } from './lifecycle.js';

function recorder() {
  const events: string[] = [];
  const service = (name: string, failing: { start?: boolean; stop?: boolean } = {}): Service => ({
    start: async () => {
      events.push(`start ${name}`);
      if (failing.start) throw new Error(`${name} did not start`);
    },
    stop: async () => {
      events.push(`stop ${name}`);
      if (failing.stop) throw new Error(`${name} did not stop`);
    },
  });
  return { events, service };
}

describe('composeServices', () => {
  it('starts in order and stops in reverse, once', async () => {
    const { events, service } = recorder();
    const all = composeServices([service('a'), service('b')]);
    await all.start();
    await all.stop();
    await all.stop();
    expect(events).toEqual(['start a', 'start b', 'stop b', 'stop a']);
  });

  it('stops those before one that does not start, and says why', async () => {
    const { events, service } = recorder();
    const all = composeServices([
      service('a'),
      service('b', { stop: true }),
      service('c', { start: true }),
      service('d'),
    ]);
    await expect(all.start()).rejects.toThrow('c did not start');
    expect(events).toEqual(['start a', 'start b', 'start c', 'stop b', 'stop a']);
  });

  it('stops the others when one does not stop', async () => {
    const { events, service } = recorder();
    const all = composeServices([service('a'), service('b', { stop: true })]);
    await all.start();
    await expect(all.stop()).rejects.toThrow('b did not stop');
    expect(events.at(-1)).toBe('stop a');
  });
});

describe('runUntilSignal', () => {
  function run(options: Partial<Parameters<typeof runUntilSignal>[0]>) {
    const signals = new EventEmitter();
    const exits: number[] = [];
    const stops: number[] = [];
    const stop = async (): Promise<void> => void stops.push(1);
    const start = async (): Promise<void> => undefined;
    const ended = runUntilSignal(
      { start, stop, ...options },
      { signals, exit: (code) => void exits.push(code) },
    );
    return { signals, exits, stops, ended };
  }

  it('stops once and leaves no handler behind', async () => {
    const { signals, exits, stops, ended } = run({});
    signals.emit('SIGTERM');
    await ended;
    expect([stops.length, exits, signals.eventNames()]).toEqual([1, [], []]);
  });

  it('exits with 130 on a second signal', async () => {
    const { signals, exits } = run({ stop: () => new Promise(() => undefined) });
    signals.emit('SIGINT');
    expect(exits).toEqual([]);
    signals.emit('SIGTERM');
    expect(exits).toEqual([130]);
  });

  it('says when stop takes too long', async () => {
    const { signals, ended } = run({ stop: () => new Promise(() => undefined), stopTimeoutMs: 1 });
    signals.emit('SIGINT');
    await expect(ended).rejects.toMatchObject({ code: 'stop-time-out' });
  });

  it('tells a start under way to end, and stops what there is of it', async () => {
    const start = (signal: AbortSignal): Promise<void> =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const { signals, stops, ended } = run({ start });
    signals.emit('SIGINT');
    await ended;
    expect(stops).toHaveLength(1);
  });

  it('throws what start throws', async () => {
    const { stops, ended } = run({ start: () => Promise.reject(new Error('no port')) });
    await expect(ended).rejects.toThrow('no port');
    expect(stops).toHaveLength(1);
  });
});
