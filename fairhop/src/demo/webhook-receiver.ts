import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

const MAX_BODY_BYTES = 64 * 1024;

export interface ReceivedWebhook {
  readonly id: string;
  readonly receivedMs: number;
  readonly payload: unknown;
}

/** A local receiver of signed webhooks: only what verifies with the secret is kept, anything else gets 401. */
export const createWebhookReceiver = (secret: string) => {
  const webhook = new Webhook(secret);
  const received = new Map<string, ReceivedWebhook>();
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    request.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_BODY_BYTES) request.destroy();
      else chunks.push(chunk);
    });
    request.on('end', () => {
      try {
        const payload = webhook.verify(
          Buffer.concat(chunks).toString('utf8'),
          request.headers as Record<string, string>,
        );
        const id = String(request.headers['webhook-id']);
        if (!received.has(id)) received.set(id, { id, receivedMs: Date.now(), payload });
        response.writeHead(204).end();
      } catch {
        response.writeHead(401).end();
      }
    });
  });
  return {
    received: (): ReceivedWebhook[] => [...received.values()],
    /** Resolves with the URL to deliver to. */
    start: (host: string): Promise<string> =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, host, () =>
          resolve(`http://${host}:${(server.address() as AddressInfo).port}/alerts`),
        );
      }),
    stop: (): Promise<void> =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
