import { readFile } from 'node:fs/promises';
import { FairhopError } from '@fairhop/shared/model';
import { type AsGraph, AsGraphError, createAsGraph } from '@fairhop/shared/net';

/** The operator's AS graph; without a file one that knows nothing. Throws `as-graph-unreadable`, `as-graph-invalid`. */
export async function readAsGraphFile(path: string | undefined): Promise<AsGraph> {
  if (path === undefined) return createAsGraph({ version: 1, ases: [], isps: [], prefixes: [], links: [] });
  const json = parseJson(path, await readText(path));
  try {
    return createAsGraph(json);
  } catch (cause) {
    if (!(cause instanceof AsGraphError)) throw cause;
    const errors = cause.problems.slice(0, 100).map((problem) => ({
      path: problem.path.map(String).join('.'),
      message: problem.message,
    }));
    throw new FairhopError('as-graph-invalid', `AS graph file ${path}: ${cause.message}`, { cause, errors });
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `AS graph file ${path} cannot be read (${reason}); name a readable JSON file`;
    throw new FairhopError('as-graph-unreadable', message, { cause });
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FairhopError('as-graph-invalid', `AS graph file ${path} is not JSON: ${String(cause)}`, {
      cause,
    });
  }
}
