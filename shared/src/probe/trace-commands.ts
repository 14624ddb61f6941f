import { isIPv6 } from 'node:net';
import type { PathEvidenceRecord } from '../model/index.js';

/** Tools that differ in their options. */
export type TraceProgram =
  | 'traceroute-linux'
  | 'traceroute-busybox'
  | 'traceroute-bsd'
  | 'mtr'
  | 'tracepath'
  | 'tracert';

export interface TraceRequest {
  /** An address, never a name. */
  readonly destination: string;
  /** Address of this host to send from. */
  readonly bindAddress?: string | undefined;
  /** Source port of a flow that stays the same. */
  readonly sourcePort: number;
}

export interface TraceCommand {
  readonly tool: PathEvidenceRecord['tool'];
  readonly protocol: PathEvidenceRecord['protocol'];
  readonly file: string;
  readonly args: readonly string[];
}

/** Longer ways are loops. */
const MAX_HOPS = '30';
const QUERIES = '2';
const WAIT_SECONDS = '1';
/** Where traceroute's ports begin: hosts and their firewalls know it. */
const PORT = '33434';

/**
 * The command for a trace. Where the tool can, all probes are of one flow (the same addresses and ports), so that routers which
 * share load by flow send them one way (Augustin et al., "Avoiding traceroute anomalies with Paris traceroute", 2006). Names
 * are never asked for by the tool: slow DNS would hold it up.
 */
export function traceCommand(program: TraceProgram, request: TraceRequest): TraceCommand {
  const { destination, bindAddress } = request;
  const isSix = isIPv6(destination);
  const from = (option: string): string[] => (bindAddress === undefined ? [] : [option, bindAddress]);
  const common = ['-n', '-q', QUERIES, '-w', WAIT_SECONDS, '-m', MAX_HOPS];
  switch (program) {
    case 'traceroute-linux': {
      const flow = ['-U', '-p', PORT, `--sport=${request.sourcePort}`, '-N', '1'];
      const args = [isSix ? '-6' : '-4', ...common, ...flow, ...from('-s'), destination];
      return { tool: 'traceroute', protocol: 'udp', file: 'traceroute', args };
    }
    case 'traceroute-busybox':
      return {
        tool: 'traceroute',
        protocol: 'udp',
        file: 'traceroute',
        args: [isSix ? '-6' : '-4', ...common, ...from('-s'), destination],
      };
    case 'traceroute-bsd': {
      // Its source port is the same for all probes; -e, which only IPv4's has, holds the destination port.
      const args = [...common, '-p', PORT, ...(isSix ? [] : ['-e']), ...from('-s'), destination];
      return { tool: 'traceroute', protocol: 'udp', file: isSix ? 'traceroute6' : 'traceroute', args };
    }
    case 'mtr': {
      const args = [isSix ? '-6' : '-4', '--json', '-n', '-c', QUERIES, '-G', WAIT_SECONDS, '-m', MAX_HOPS];
      return { tool: 'mtr', protocol: 'icmp', file: 'mtr', args: [...args, ...from('-a'), destination] };
    }
    case 'tracepath':
      return {
        tool: 'tracepath',
        protocol: 'udp',
        file: 'tracepath',
        args: [isSix ? '-6' : '-4', '-n', '-m', MAX_HOPS, destination],
      };
    case 'tracert': {
      const args = [isSix ? '-6' : '-4', '-d', '-h', MAX_HOPS, '-w', String(Number(WAIT_SECONDS) * 1000)];
      const source = isSix ? from('-S') : [];
      return { tool: 'tracert', protocol: 'icmp', file: 'tracert', args: [...args, ...source, destination] };
    }
  }
}

/** How a tool is looked for: what it is asked, and which program answers so. */
export interface TraceCandidate {
  readonly file: string;
  readonly args: readonly string[];
  programOf(output: string): TraceProgram | undefined;
}

/** What each system may have, the best first. GNU's traceroute takes no source address and is passed over. */
export function traceCandidates(platform: NodeJS.Platform, isBound: boolean): readonly TraceCandidate[] {
  const always = (file: string, args: readonly string[], program: TraceProgram): TraceCandidate => ({
    file,
    args,
    programOf: () => program,
  });
  if (platform === 'win32') return [always('tracert', ['-?'], 'tracert')];
  if (platform !== 'linux' && platform !== 'android') return [always('traceroute', [], 'traceroute-bsd')];
  return [
    {
      file: 'traceroute',
      args: ['--version'],
      programOf: (output) =>
        output.includes('Modern traceroute')
          ? 'traceroute-linux'
          : output.includes('BusyBox')
            ? 'traceroute-busybox'
            : undefined,
    },
    always('mtr', ['--version'], 'mtr'),
    // It takes no source address, so that of an agent that is bound to one it would show another way.
    ...(isBound ? [] : [always('tracepath', ['-V'], 'tracepath')]),
  ];
}
