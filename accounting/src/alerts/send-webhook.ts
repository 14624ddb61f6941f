import { Webhook } from 'standardwebhooks';
import { type Dispatcher, request } from 'undici';

export interface WebhookMessage {
  /** Stays the same over all attempts. */
  readonly id: string;
  readonly payload: string;
  readonly url: string;
  /** `whsec_` and base64. */
  readonly secret: string;
}

export interface SendOptions {
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly nowMs: number;
}

/** An answer's body says nothing that is used; so much of it is read so that the connection serves again. */
const MAX_ANSWER_BYTES = 16 * 1024;

/**
 * One attempt to deliver, signed as Standard Webhooks has it. Throws when the answer is not 2xx: a redirect is not followed,
 * for it would take a signed message to a place that nobody configured.
 */
export async function sendWebhook(message: WebhookMessage, options: SendOptions): Promise<void> {
  const { dispatcher, signal, timeoutMs, nowMs } = options;
  const timestamp = new Date(nowMs);
  const { statusCode, body } = await request(message.url, {
    dispatcher,
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'fairhop-accounting',
      'webhook-id': message.id,
      'webhook-timestamp': String(Math.floor(nowMs / 1000)),
      'webhook-signature': new Webhook(message.secret).sign(message.id, timestamp, message.payload),
    },
    body: message.payload,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  // An answer that breaks off after a good status is still a good status.
  await body.dump({ limit: MAX_ANSWER_BYTES }).catch(() => undefined);
  if (statusCode >= 200 && statusCode < 300) return;
  const isRedirect = statusCode >= 300 && statusCode < 400;
  throw new Error(`status ${statusCode}${isRedirect ? ', a redirect, which is not followed' : ''}`);
}
