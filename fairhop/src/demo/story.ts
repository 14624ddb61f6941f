import type { DownloadProgress } from '@fairhop/client-agent';
import { formatBytes } from '@fairhop/shared/service';

/** Where the story is told; with `--json` this is standard error, so that the document stands alone. */
export interface Story {
  chapter(text: string): void;
  line(text: string): void;
  progress(downloads: ReadonlyMap<string, DownloadProgress | undefined>, elapsedMs: number): void;
}

const PROGRESS_WIDTH = 20;

const bar = (share: number): string => {
  const filled = Math.round(share * PROGRESS_WIDTH);
  return '█'.repeat(filled) + '░'.repeat(PROGRESS_WIDTH - filled);
};

const subscriberLine = (name: string, progress: DownloadProgress | undefined): string => {
  if (progress === undefined) return `  ${name}  ${bar(0)}   0 %`;
  const share = progress.verifiedBytes / progress.sizeBytes;
  const received = progress.bytesFromPeers + progress.bytesFromEdges;
  const fromPeers = received === 0 ? 0 : Math.round((100 * progress.bytesFromPeers) / received);
  const percent = String(Math.floor(share * 100)).padStart(3);
  const isps = progress.peerIsps.map((isp) => isp.toUpperCase()).join(', ');
  return `  ${name}  ${bar(share)} ${percent} %  ${String(fromPeers).padStart(3)} % from ${progress.peers} peers${isps === '' ? '' : ` in ${isps}`}`;
};

export const createStory = (out: NodeJS.WriteStream): Story => {
  let drawnLines = 0;
  const write = (text: string): void => {
    out.write(`${text}\n`);
    drawnLines = 0;
  };
  return {
    chapter: (text) => write(`\n${text}`),
    line: (text) => write(`  ${text}`),
    progress: (downloads, elapsedMs) => {
      const seconds = (elapsedMs / 1000).toFixed(0);
      if (out.isTTY) {
        const lines = [...downloads].map(([name, progress]) => subscriberLine(name, progress));
        if (drawnLines > 0) out.write(`\u001b[${drawnLines}A`);
        for (const line of [...lines, `  ${seconds} s`]) out.write(`\u001b[2K${line}\n`);
        drawnLines = lines.length + 1;
        return;
      }
      const shares = [...downloads].map(([name, progress]) => {
        const share = progress === undefined ? 0 : progress.verifiedBytes / progress.sizeBytes;
        return `${name} ${String(Math.floor(share * 100)).padStart(3)}%`;
      });
      write(`  ${seconds.padStart(3)} s  ${shares.join('  ')}`);
    },
  };
};

export const exactBytes = (bytes: number): string =>
  `${bytes.toLocaleString('en')} bytes (${formatBytes(bytes)})`;
