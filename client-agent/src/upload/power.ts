import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What the system tells of power and network cost; undefined where it does not tell. */
export interface PowerState {
  readonly onBattery: boolean | undefined;
  readonly metered: boolean | undefined;
}

export const UNKNOWN_POWER: PowerState = { onBattery: undefined, metered: undefined };

/** Asks the system; never throws. */
export type PowerReader = () => Promise<PowerState>;

export interface PowerReaderDeps {
  readonly platform: NodeJS.Platform;
  /** Runs a program and returns what it printed. Rejects if it is not there, fails or takes too long. */
  readonly run: (program: string, args: readonly string[]) => Promise<string>;
  /** Linux: `type`, `online` and `status` of each power supply. */
  readonly powerSupplies: () => Promise<readonly PowerSupply[]>;
  readonly nowMs: () => number;
}

export interface PowerSupply {
  readonly type: string;
  readonly online: string | undefined;
  readonly status: string | undefined;
  /** `Device` is the battery of a mouse or a headset. */
  readonly scope: string | undefined;
}

/** A state is kept this long: asking starts programs, and nobody unplugs a laptop more often. */
const KEEP_MS = 30_000;
const PROGRAM_TIMEOUT_MS = 3_000;
const MAX_OUTPUT_BYTES = 64 * 1024;

/** A reader for this system that asks it at most every 30 seconds. */
export function createPowerReader(deps: PowerReaderDeps = systemDeps): PowerReader {
  let known: { atMs: number; state: Promise<PowerState> } | undefined;
  return () => {
    const nowMs = deps.nowMs();
    if (known === undefined || nowMs - known.atMs >= KEEP_MS) known = { atMs: nowMs, state: readPower(deps) };
    return known.state;
  };
}

async function readPower(deps: PowerReaderDeps): Promise<PowerState> {
  const questions = byPlatform[deps.platform];
  if (questions === undefined) return UNKNOWN_POWER;
  const [onBattery, metered] = await Promise.all([
    questions.onBattery(deps).catch(() => undefined),
    questions.metered(deps).catch(() => undefined),
  ]);
  return { onBattery, metered };
}

type Question = (deps: PowerReaderDeps) => Promise<boolean | undefined>;

const unknown: Question = async () => undefined;

const byPlatform: Partial<Record<NodeJS.Platform, { onBattery: Question; metered: Question }>> = {
  linux: {
    async onBattery({ powerSupplies }) {
      const supplies = (await powerSupplies()).filter(({ scope }) => scope !== 'Device');
      const mains = supplies.filter(({ type }) => type === 'Mains' || type === 'USB');
      if (mains.some(({ online }) => online === '1')) return false;
      const batteries = supplies.filter(({ type }) => type === 'Battery');
      if (batteries.some(({ status }) => status === 'Discharging')) return true;
      return mains.length > 0 || batteries.length > 0 ? false : undefined;
    },
    // NetworkManager: "yes", "no", "yes (guessed)", "no (guessed)" or "unknown" for each device.
    async metered({ run }) {
      const states = (
        await run('nmcli', ['--terse', '--get-values', 'GENERAL.STATE,GENERAL.METERED', 'device', 'show'])
      )
        .split(/\n\s*\n/)
        .filter((device) => device.startsWith('100'));
      if (states.some((device) => /^yes/m.test(device))) return true;
      return states.some((device) => /^no\b/m.test(device)) ? false : undefined;
    },
  },
  darwin: {
    async onBattery({ run }) {
      const text = await run('pmset', ['-g', 'batt']);
      if (text.includes("'Battery Power'")) return true;
      return text.includes("'AC Power'") ? false : undefined;
    },
    metered: unknown,
  },
  win32: {
    async onBattery({ run }) {
      const text = await powershell(
        run,
        '(Get-CimInstance -ClassName BatteryStatus -Namespace root/wmi).PowerOnline',
      );
      if (/True/i.test(text)) return false;
      return /False/i.test(text) ? true : undefined;
    },
    async metered({ run }) {
      const text = await powershell(
        run,
        '[void][Windows.Networking.Connectivity.NetworkInformation,Windows,ContentType=WindowsRuntime];' +
          '[Windows.Networking.Connectivity.NetworkInformation]::GetInternetConnectionProfile().GetConnectionCost().NetworkCostType',
      );
      if (/Fixed|Variable/i.test(text)) return true;
      return /Unrestricted/i.test(text) ? false : undefined;
    },
  },
};

const powershell = (run: PowerReaderDeps['run'], command: string): Promise<string> =>
  run('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', command]);

const POWER_SUPPLY_PATH = '/sys/class/power_supply';

const systemDeps: PowerReaderDeps = {
  platform: process.platform,
  async run(program, args) {
    const options = { timeout: PROGRAM_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES, windowsHide: true };
    return (await promisify(execFile)(program, [...args], options)).stdout;
  },
  async powerSupplies() {
    const names = await readdir(POWER_SUPPLY_PATH);
    return Promise.all(
      names.map(async (name) => {
        const field = async (file: string): Promise<string | undefined> =>
          (await readFile(join(POWER_SUPPLY_PATH, name, file), 'utf8').catch(() => undefined))?.trim();
        const [type, online, status, scope] = await Promise.all(
          ['type', 'online', 'status', 'scope'].map(field),
        );
        return { type: type ?? '', online, status, scope };
      }),
    );
  },
  nowMs: () => performance.now(),
};
