import { formatBitRate, formatBytes } from '@fairhop/shared/service';
import { type Options, SingleBar } from 'cli-progress';
import type { DownloadProgress, DownloadResult } from '../agent-types.js';

/** Between two lines where there is no terminal. */
const LINE_INTERVAL_MS = 2000;
/** More are counted, so that a line stays a line. */
const MAX_NAMED_ISPS = 4;

/** Shows a download on standard error: a bar on a terminal, else a line now and then. */
export interface ProgressView {
  show(progress: DownloadProgress): void;
  end(): void;
}

export function createProgressView(stream: NodeJS.WriteStream = process.stderr): ProgressView {
  return stream.isTTY ? barView(stream) : lineView(stream);
}

/** `12.3 MiB of 64 MiB, 40 Mbit/s, 11 s left, 83 % from 7 peers in SP1, SP2, the rest from 1 edge`. */
export function describeProgress(progress: DownloadProgress): string {
  const size = `${formatBytes(progress.verifiedBytes)} of ${formatBytes(progress.sizeBytes)}`;
  const parts = [size, formatBitRate(progress.rateBitsPerSecond), timeLeft(progress), sources(progress)];
  return parts.join(', ') + limits(progress);
}

/** `28.6 MiB in 1.4 s (177 Mbit/s), verified; 40 % from 2 peers in SP1, SP2, the rest from 1 edge`. */
export function describeResult(result: DownloadResult): string {
  const { bytes, sizeBytes, seconds } = result;
  if (bytes === 0) return `${formatBytes(sizeBytes)} was held already and verified`;
  const rate = formatBitRate(Math.round((bytes * 8) / Math.max(seconds, 0.001)));
  const received =
    bytes < sizeBytes ? `${formatBytes(sizeBytes)}, ${formatBytes(bytes)} of it` : formatBytes(sizeBytes);
  return `${received} in ${seconds.toFixed(1)} s (${rate}), verified; ${sources(result)}`;
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
      const parts = [formatBitRate(progress.rateBitsPerSecond), timeLeft(progress), sources(progress)];
      const details = parts.join(', ') + limits(progress);
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
  if (bytes === 0) return 'nothing came yet';
  const fromEdges = count(edges.length, 'edge');
  if (bytesFromPeers === 0) return `all from ${fromEdges}`;
  const isps =
    peerIsps.length > MAX_NAMED_ISPS
      ? `${peerIsps.length} ISPs`
      : peerIsps.map((isp) => (isp === 'unknown' ? 'an unknown ISP' : isp)).join(', ');
  const fromPeers = `from ${count(peers, 'peer')} in ${isps}`;
  if (bytesFromEdges === 0) return `all ${fromPeers}`;
  return `${Math.round((100 * bytesFromPeers) / bytes)} % ${fromPeers}, the rest from ${fromEdges}`;
}

/** `; a network's policy limits this download (sp1-evening, link:as:64501>as:64502)`; empty where none does. */
function limits({ limitedBy }: DownloadProgress): string {
  if (limitedBy.length === 0) return '';
  const [first] = limitedBy;
  const more = limitedBy.length > 1 ? `, and ${limitedBy.length - 1} more` : '';
  return `; a network's policy limits this download (${first!.policy}, ${first!.component}${more})`;
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
