import { formatBitRate, formatBytes, formatTable, printJson } from '@fairhop/shared/service';
import type { AgentStatus } from '../agent-types.js';
import { createControlClient } from '../control-client.js';
import { defaultDataDirectory } from './default-data-directory.js';
import { describeProgress } from './progress-view.js';

export async function status(given: object): Promise<void> {
  const { dataDir, json } = given as { dataDir?: string; json?: boolean };
  const directory = dataDir ?? process.env['FAIRHOP_AGENT_DATA_DIRECTORY'] ?? defaultDataDirectory();
  const current = await createControlClient(directory).status();
  if (json) printJson(current);
  else process.stdout.write(`${describeStatus(current)}\n`);
}

const untracedReasons: Record<NonNullable<AgentStatus['tracing']['waits']>, string> = {
  'pair-recent': 'the way of the last upload was traced before',
  'hourly-limit': 'more wait for the hour to pass',
  busy: 'more wait for these to end',
  'own-host': 'the last upload stayed within this host',
};

/** `Traceroutes: 3 of at most 60 in the last hour; the last at … towards 192.0.2.1: 7 hops, reached`. */
function describeTracing(tracing: AgentStatus['tracing']): string {
  const { enabled, problem, lastHour, hourlyLimit, last, waits } = tracing;
  if (!enabled) return 'Traceroutes are off';
  if (problem !== null) return `No traceroutes: ${problem}`;
  const parts = [`Traceroutes: ${lastHour} of at most ${hourlyLimit} in the last hour`];
  if (last !== null) {
    const time = new Date(last.atMs).toISOString();
    parts.push(`the last at ${time} towards ${last.destinationAddress}: ${last.outcome}`);
  }
  if (waits !== null) parts.push(untracedReasons[waits]);
  return parts.join('; ');
}

const describeQuarantine = ({ reasons, untilMs }: NonNullable<AgentStatus['quarantine']>): string => {
  const until =
    untilMs === null ? 'until the operator releases it' : `until ${new Date(untilMs).toISOString()}`;
  const why = reasons.map((reason) => `  - ${reason}`).join('\n');
  return `In quarantine ${until}: served by edges alone, no uploads; the operator can release it. Reasons:\n${why}`;
};

/** The status for people. */
export function describeStatus(status: AgentStatus): string {
  const { upload } = status;
  const network = `${status.address ?? 'unknown address'}, ISP ${status.isp ?? 'unknown'}, ${status.asn === null ? 'AS unknown' : `AS ${status.asn}`}`;
  const held = status.contents.reduce((sum, content) => sum + content.verifiedBytes, 0);
  const sections = [
    `Agent ${status.agent}\n${status.online ? 'Connected to' : 'Not connected to'} ${status.coordinatorUrl} (${network})`,
    ...(status.quarantine === null ? [] : [describeQuarantine(status.quarantine)]),
    upload.ready
      ? `Uploading is on: permit ${upload.permit?.id} of ${upload.permit?.isp}, up to ${formatBitRate(upload.rateBitsPerSecond)}; ${upload.running.length} uploads run.`
      : `Not uploading:\n${upload.reasons.map((reason) => `  - ${reason}`).join('\n')}`,
    `Uploaded in ${upload.month}: ${formatBytes(upload.sentThisMonthBytes)} of ${formatBytes(upload.monthlyBytes)}`,
  ];
  if (upload.totals.length > 0) {
    sections.push(
      formatTable(
        [
          { header: 'uploaded to', cell: (row) => row.downloader },
          { header: 'content', cell: (row) => row.contentId.slice(0, 12) },
          { header: 'sent', cell: (row) => formatBytes(row.sentBytes), align: 'right' },
          { header: 'acknowledged', cell: (row) => formatBytes(row.acknowledgedBytes), align: 'right' },
        ],
        upload.totals,
      ),
    );
  }
  sections.push(`Holds ${formatBytes(held)} of at most ${formatBytes(status.diskBudgetBytes)}`);
  if (status.contents.length > 0) {
    sections.push(
      formatTable(
        [
          { header: 'title', cell: (row) => row.title },
          { header: 'size', cell: (row) => formatBytes(row.sizeBytes), align: 'right' },
          {
            header: 'held',
            cell: (row) => `${Math.floor((100 * row.verifiedBytes) / row.sizeBytes)} %`,
            align: 'right',
          },
          { header: 'content', cell: (row) => row.contentId.slice(0, 12) },
        ],
        status.contents,
      ),
    );
  }
  sections.push(describeTracing(status.tracing));
  for (const download of status.downloads)
    sections.push(`Downloading ${download.title}: ${describeProgress(download)}`);
  const { unreported, droppedReports } = status;
  if (unreported > 0)
    sections.push(`${unreported} ${unreported === 1 ? 'report waits' : 'reports wait'} for accounting`);
  if (droppedReports > 0)
    sections.push(
      `${droppedReports} ${droppedReports === 1 ? 'report was' : 'reports were'} dropped: too many waited for accounting`,
    );
  return sections.join('\n\n');
}
