import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FairhopError, type Organisation } from '@fairhop/shared/model';
import { randomToken } from '@fairhop/shared/service';
import { type CoordinatorClient, withCoordinator } from './call.js';
import type { CallOptions } from './command-kit.js';

/** As long as the coordinator waits. */
const TIMEOUT_MS = 10 * 60_000;

/** Shows the URL to open, and waits on loopback for the browser to come back (RFC 8252, 7.3). Throws `oidc-refused`, `login-time-out`. */
export async function loginByOidc(
  options: CallOptions,
  organisation: Organisation | undefined,
): Promise<Awaited<ReturnType<CoordinatorClient['finishOidcLogin']>>> {
  const verifier = randomToken();
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const back = createServer();
  back.listen(0, '127.0.0.1');
  try {
    await once(back, 'listening');
    const { port } = back.address() as AddressInfo;
    const returnUrl = `http://127.0.0.1:${port}/`;
    const comes = codeOf(back);
    comes.catch(() => undefined);
    const { url } = await withCoordinator(options, (client) =>
      client.beginOidcLogin({ body: { returnUrl, challenge } }),
    );
    process.stderr.write(`Open this in a browser on this machine:\n  ${url}\n`);
    const code = await comes;
    const body = { code, verifier, ...(organisation && { organisation }) };
    return await withCoordinator(options, (client) => client.finishOidcLogin({ body }));
  } finally {
    back.close();
    back.closeAllConnections();
  }
}

const codeOf = (back: ReturnType<typeof createServer>): Promise<string> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new FairhopError('login-time-out', 'nobody logged in within 10 minutes', { status: 408 }));
    }, TIMEOUT_MS);
    back.once('close', () => clearTimeout(timer));
    back.on('request', (request, response) => {
      const query = new URL(request.url ?? '/', 'http://127.0.0.1').searchParams;
      const [code, error] = [query.get('code'), query.get('error')];
      if (code === null && error === null) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
      response.end('You can close this page and go back to the terminal.\n', () => {
        if (code !== null) resolve(code);
        else reject(new FairhopError('oidc-refused', `the login was refused (${error})`, { status: 401 }));
      });
    });
  });
