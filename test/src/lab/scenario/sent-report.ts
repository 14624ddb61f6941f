import { forEachConcurrently, runCommand } from '../build/run-command.js';
import { type Host, type Internet, namespaceOf } from '../internet-model.js';
import type { LabReport } from '../measure/report.js';
import type { Subscriber } from './subscribers.js';

/** What those who sent say of it. */
export interface SentReport {
  readonly peers: LabReport['resent']['peers'];
  /** Hosts as the ledger names them. */
  perVerified(source: string, destination: string, content: string): number;
}

/** Reads what agents count as sent, and the last signed receipt of each transfer: what accounting gets as their statements. */
export async function readSent(subscribers: readonly Subscriber[]): Promise<SentReport> {
  const sent = new Map<string, { sentBytes: number; verifiedBytes: number }>();
  for (const { key, control } of subscribers) {
    const { upload } = await control.status();
    for (const { downloader, contentId, sentBytes, acknowledgedBytes } of upload.totals)
      sent.set(`host:${key} host:${downloader} ${contentId}`, {
        sentBytes,
        verifiedBytes: acknowledgedBytes,
      });
  }
  const sum = (field: 'sentBytes' | 'verifiedBytes'): number =>
    [...sent.values()].reduce((total, one) => total + one[field], 0);
  return {
    peers: { sentBytes: sum('sentBytes'), verifiedBytes: sum('verifiedBytes') },
    perVerified(source, destination, content) {
      const { sentBytes, verifiedBytes } = sent.get(`${source} ${destination} ${content}`) ?? NOTHING;
      return verifiedBytes === 0 ? 1 : sentBytes / verifiedBytes;
    },
  };
}

const NOTHING = { sentBytes: 0, verifiedBytes: 0 };

/** Segments of TCP that the edge's and the origin's kernels sent, and sent again (RFC 4022 tcpOutSegs, tcpRetransSegs). */
export async function readTcpSegments(internet: Internet): Promise<LabReport['resent']['tcp']> {
  const roles: readonly Host['role'][] = ['edge', 'origin'];
  const servers = internet.hosts.filter(({ role }) => roles.includes(role));
  return forEachConcurrently(servers, async ({ name }) => {
    const text = await runCommand('ip', ['netns', 'exec', namespaceOf(name), 'cat', '/proc/net/snmp']);
    const [names, values] = text
      .split('\n')
      .filter((line) => line.startsWith('Tcp:'))
      .map((line) => line.split(' '));
    const counted = (field: string): number => Number(values![names!.indexOf(field)]);
    return { host: name, segments: counted('OutSegs'), resentSegments: counted('RetransSegs') };
  });
}
