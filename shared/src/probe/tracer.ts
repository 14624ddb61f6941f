import { FairhopError, type PathEvidenceRecord } from '../model/index.js';
import { parseTrace } from './parse-trace.js';
import type { NameResolver } from './resolve-names.js';
import { runProcess } from './run-process.js';
import { type TraceCommand, type TraceProgram, traceCandidates, traceCommand } from './trace-commands.js';
import { addressIn, type TraceHop } from './trace-hops.js';

/** Thirty silent hops of two probes a second each. */
const TRACE_TIMEOUT_MS = 60_000;
const VERSION_TIMEOUT_MS = 3000;
/** After so many silent hops in a row a firewall is in the way: more would only wait. */
const MAX_SILENT_HOPS = 5;
/** Above the system's own ports and outside of the usual ranges for outgoing connections. */
const FIRST_SOURCE_PORT = 20_000;
const SOURCE_PORTS = 10_000;

export type Trace = Pick<PathEvidenceRecord, 'tool' | 'protocol' | 'startMs' | 'endMs' | 'reached' | 'hops'>;

export interface TracerConfig {
  /** Address of this host to send from. Absent: the system chooses. */
  readonly bindAddress?: string | undefined;
}

export interface TracerDependencies {
  readonly names: NameResolver;
  readonly nowMs: () => number;
  readonly platform?: NodeJS.Platform;
  readonly random?: () => number;
  readonly run?: typeof runProcess;
}

/** Traces ways with the tool that this system has. */
export interface Tracer {
  /** The tool, looked for once; undefined if there is none. */
  program(signal: AbortSignal): Promise<TraceProgram | undefined>;
  /** @throws `trace-tool-missing`, `trace-failed` when no hop can be told of, `aborted` */
  trace(destination: string, signal: AbortSignal): Promise<Trace>;
}

export function createTracer({ bindAddress }: TracerConfig, deps: TracerDependencies): Tracer {
  const { names, nowMs, platform = process.platform, random = Math.random, run = runProcess } = deps;
  let found: Promise<TraceProgram | undefined> | undefined;

  const find = async (signal: AbortSignal): Promise<TraceProgram | undefined> => {
    for (const candidate of traceCandidates(platform, bindAddress !== undefined)) {
      try {
        const output = await run(candidate.file, candidate.args, { timeoutMs: VERSION_TIMEOUT_MS, signal });
        const program = candidate.programOf(output);
        if (program !== undefined) return program;
      } catch (error) {
        if (signal.aborted) throw error;
      }
    }
    return undefined;
  };
  const program = (signal: AbortSignal): Promise<TraceProgram | undefined> => {
    found ??= find(signal).catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
  const runTool = async (command: TraceCommand, signal: AbortSignal): Promise<readonly TraceHop[]> => {
    const isEnough = (output: string): boolean =>
      endsSilent(parseTrace(command.tool, output.slice(0, output.lastIndexOf('\n') + 1)));
    const output = await run(command.file, command.args, { timeoutMs: TRACE_TIMEOUT_MS, signal, isEnough });
    const hops = parseTrace(command.tool, output);
    if (hops.some(({ replies }) => replies.length > 0)) return hops;
    const words = output.replaceAll(/\s+/g, ' ').trim().slice(0, 300);
    throw new FairhopError(
      'trace-failed',
      `${command.file} ${command.args.join(' ')} told of no hop: ${words}`,
    );
  };

  return {
    program,
    async trace(destination, signal) {
      const kind = await program(signal);
      if (kind === undefined) {
        throw new FairhopError('trace-tool-missing', 'This system has no traceroute, mtr or tracepath');
      }
      const sourcePort = FIRST_SOURCE_PORT + Math.floor(random() * SOURCE_PORTS);
      const command = traceCommand(kind, { destination, bindAddress, sourcePort });
      const startMs = nowMs();
      const bare = await runTool(command, signal);
      const endMs = Math.max(startMs, nowMs());
      const addresses = bare.flatMap(({ replies }) => replies.map(({ address }) => address));
      const nameOf = await names.resolve(addresses, signal);
      const target = addressIn(destination);
      return {
        tool: command.tool,
        protocol: command.protocol,
        startMs,
        endMs,
        reached: addresses.includes(target ?? destination),
        hops: withoutSilentEnd(bare).map(({ timeToLive, replies }) => ({
          timeToLive,
          replies: replies.map((reply) => {
            const name = nameOf.get(reply.address);
            return { ...reply, ...(name !== undefined && { name }) };
          }),
        })),
      };
    },
  };
}

const endsSilent = (hops: readonly TraceHop[]): boolean =>
  hops.length >= MAX_SILENT_HOPS && hops.slice(-MAX_SILENT_HOPS).every(({ replies }) => replies.length === 0);

/** Hops after the last that answered are where probes were dropped, or beyond: they tell nothing. */
const withoutSilentEnd = (hops: readonly TraceHop[]): readonly TraceHop[] =>
  hops.slice(0, hops.findLastIndex(({ replies }) => replies.length > 0) + 1);
