import { createServer } from 'node:net';
import { FairhopError } from '../model/errors.js';

/** Below the ports that systems give out by themselves, to `listen(0)` and to connections: those of Linux begin at 32768. */
const FIRST_PORT = 20_000;
const PORTS = 10_000;
/** Processes that run at the same time, whose ids are mostly near each other, begin apart. */
const PORTS_PER_PROCESS = 20;

let tried = process.pid * PORTS_PER_PROCESS;

/**
 * `count` TCP ports of `host` for services that start soon, maybe in other processes: nobody listens there now, this process gets
 * none of them again before all were tried, and no system gives them to somebody else meanwhile.
 *
 * @throws FairhopError `no-free-port`
 */
export async function freePorts(host: string, count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries += 1) {
    if (tries === PORTS) {
      const range = `${FIRST_PORT} to ${FIRST_PORT + PORTS - 1}`;
      throw new FairhopError('no-free-port', `of ${host} fewer than ${count} ports from ${range} are free`);
    }
    const port = FIRST_PORT + (tried++ % PORTS);
    if (await isFree(host, port)) ports.push(port);
  }
  return ports;
}

const isFree = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      // EACCES: Windows reserves ranges of ports.
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
