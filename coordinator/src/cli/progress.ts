import { formatBytes } from '@fairhop/shared/service';

export interface Progress {
  add(bytes: number): void;
  end(): void;
}

const DRAW_INTERVAL_MS = 200;

/** A line on standard error that is drawn over itself; only the last one where that is no terminal. */
export function createProgress(what: string, totalBytes: number): Progress {
  const { stderr } = process;
  const startMs = Date.now();
  let doneBytes = 0;
  let drawnMs = 0;
  const line = (): string => {
    const seconds = Math.max(0.001, (Date.now() - startMs) / 1000);
    const percent = Math.floor((100 * doneBytes) / totalBytes);
    return `${what}: ${percent} % of ${formatBytes(totalBytes)}, ${formatBytes(Math.round(doneBytes / seconds))}/s`;
  };
  return {
    add(bytes) {
      doneBytes += bytes;
      if (!stderr.isTTY || Date.now() - drawnMs < DRAW_INTERVAL_MS) return;
      drawnMs = Date.now();
      stderr.write(`\r\u001b[K${line()}`);
    },
    end() {
      stderr.write(`${stderr.isTTY ? '\r\u001b[K' : ''}${line()}\n`);
    },
  };
}
