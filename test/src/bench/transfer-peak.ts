import { readFileSync, writeSync } from 'node:fs';

// Loaded before a command: when its process ends, it tells its peak resident memory in bytes on file descriptor 3.

const PEAK_DESCRIPTOR = 3;

function peakRssBytes(): number {
  try {
    // maxRSS begins, on Linux, with what the parent held when it forked; this is the process's own.
    const status = readFileSync('/proc/self/status', 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

process.on('exit', () => writeSync(PEAK_DESCRIPTOR, String(peakRssBytes())));
