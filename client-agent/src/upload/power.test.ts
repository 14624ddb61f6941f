import { describe, expect, it } from 'vitest';
import { createPowerReader, type PowerReaderDeps, type PowerSupply, UNKNOWN_POWER } from './power.js';

const supply = (type: string, more: Partial<PowerSupply> = {}): PowerSupply => ({
  type,
  online: undefined,
  status: undefined,
  scope: undefined,
  ...more,
});

function read(more: Partial<PowerReaderDeps>) {
  return createPowerReader({
    platform: 'linux',
    run: () => Promise.reject(new Error('not there')),
    powerSupplies: () => Promise.reject(new Error('not there')),
    nowMs: () => 0,
    ...more,
  })();
}

describe('what the system tells', () => {
  it.each([
    ['a desktop', [], undefined],
    ['on mains', [supply('Mains', { online: '1' }), supply('Battery', { status: 'Charging' })], false],
    ['on battery', [supply('Mains', { online: '0' }), supply('Battery', { status: 'Discharging' })], true],
    ['with a mouse on battery', [supply('Battery', { status: 'Discharging', scope: 'Device' })], undefined],
    [
      'charged over USB',
      [supply('USB', { online: '1' }), supply('Battery', { status: 'Discharging' })],
      false,
    ],
  ])('Linux, %s', async (_name, supplies, onBattery) => {
    expect(await read({ powerSupplies: async () => supplies })).toEqual({ onBattery, metered: undefined });
  });

  it.each([
    ['100 (connected)\nyes\n\n30 (disconnected)\nno\n', true],
    ['100 (connected)\nno (guessed)\n', false],
    ['100 (connected)\nunknown\n', undefined],
    ['30 (disconnected)\nyes\n', undefined],
  ])('NetworkManager, %j', async (text, metered) => {
    expect((await read({ run: async () => text })).metered).toBe(metered);
  });

  it.each([
    ["Now drawing from 'Battery Power'\n", true],
    ["Now drawing from 'AC Power'\n", false],
    ['nonsense', undefined],
  ])('macOS, %j', async (text, onBattery) => {
    expect((await read({ platform: 'darwin', run: async () => text })).onBattery).toBe(onBattery);
  });

  it('Windows', async () => {
    const run = async (_program: string, args: readonly string[]) =>
      args.at(-1)!.includes('BatteryStatus') ? 'False\r\n' : 'Fixed\r\n';
    expect(await read({ platform: 'win32', run })).toEqual({ onBattery: true, metered: true });
  });

  it('is nothing where nothing can be asked', async () => {
    expect(await read({})).toEqual(UNKNOWN_POWER);
    expect(await read({ platform: 'freebsd' })).toEqual(UNKNOWN_POWER);
  });

  it('is asked at most every 30 seconds', async () => {
    let [nowMs, asked] = [0, 0];
    const readPower = createPowerReader({
      platform: 'linux',
      run: () => Promise.reject(new Error('not there')),
      powerSupplies: async () => {
        asked += 1;
        return [];
      },
      nowMs: () => nowMs,
    });
    await Promise.all([readPower(), readPower()]);
    nowMs = 29_999;
    await readPower();
    expect(asked).toBe(1);
    nowMs = 30_000;
    await readPower();
    expect(asked).toBe(2);
  });
});
