import { formatBitRate, formatBytes } from '@fairhop/shared/service';
import { type Options, SingleBar } from 'cli-progress';
import type { DownloadProgress } from '../agent-types.js';

/** Between two lines where there is no terminal. */
const LINE_INTERVAL_MS = 2000;

/** Shows a download on standard error: a bar on a terminal, else a line now and then. */
export interface ProgressView {
  show(progress: DownloadProgress): void;
  end(): void;
}

export function createProgressView(stream: NodeJS.WriteStream = process.stderr): ProgressView {
  return stream.isTTY ? barView(stream) : lineView(stream);
}

/** `12.3 MiB of 64 MiB, 40 Mbit/s, 11 s left, 83 % from 7 peers in 2 ISPs, 1 edge`. */
export function describeProgress(progress: DownloadProgress): string {
  const size = `${formatBytes(progress.verifiedBytes)} of ${formatBytes(progress.sizeBytes)}`;
  return [size, formatBitRate(progress.rateBitsPerSecond), timeLeft(progress), sources(progress)].join(', ');
}

function barView(stream: NodeJS.WriteStream): ProgressView {
  const options: Options = {
    stream,
    format: '{title} {bar} {percentage}% {details}',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: false,
    barCompleteChar: '█',
    barIncompleteChar: '░',
  };
  const bar = new SingleBar(options);
  let started = false;
  return {
    show: (progress) => {
      const details = [formatBitRate(progress.rateBitsPerSecond), timeLeft(progress), sources(progress)].join(
        ', ',
      );
      if (!started) bar.start(progress.sizeBytes, progress.verifiedBytes, { title: progress.title, details });
      else bar.update(progress.verifiedBytes, { details });
      started = true;
    },
    end: () => {
      if (started) bar.stop();
    },
  };
}

function lineView(stream: NodeJS.WriteStream): ProgressView {
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    show: (progress) => {
      const nowMs = performance.now();
      if (nowMs - lastMs < LINE_INTERVAL_MS) return;
      lastMs = nowMs;
      stream.write(`${progress.title}: ${describeProgress(progress)}\n`);
    },
    end: () => undefined,
  };
}

function timeLeft({ timeLeftMs }: DownloadProgress): string {
  if (timeLeftMs === null) return 'time left unknown';
  const seconds = Math.ceil(timeLeftMs / 1000);
  if (seconds < 90) return `${seconds} s left`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min left` : `${(minutes / 60).toFixed(1)} h left`;
}

function sources({ bytesFromPeers, bytesFromEdges, peers, peerIsps, edges }: DownloadProgress): string {
  const bytes = bytesFromPeers + bytesFromEdges;
  const share = bytes === 0 ? 0 : Math.round((100 * bytesFromPeers) / bytes);
  return `${share} % from ${count(peers, 'peer')} in ${count(peerIsps.length, 'ISP')}, ${count(edges.length, 'edge')}`;
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
