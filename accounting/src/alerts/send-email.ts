import { createTransport } from 'nodemailer';
import { type Payload, textOf } from './alert-message.js';

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (RFC 8314); else STARTTLS where the server offers it. */
  readonly secure: boolean;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Sender of what is sent. */
  readonly from: string;
}

export interface EmailMessage {
  /** The same over all attempts: a mailbox that got it twice shows it once. */
  readonly id: string;
  readonly payload: Payload;
  readonly to: readonly string[];
}

/**
 * One attempt to hand an alert to the mail server, for all receivers; gives those that the server refused while it took the alert for
 * others, who would get it again and again. Throws when all are refused, and when time is up.
 */
export async function sendEmail(
  { id, payload, to }: EmailMessage,
  { server, signal, timeoutMs }: { server: SmtpServer; signal: AbortSignal; timeoutMs: number },
): Promise<string[]> {
  const { host, port, secure, user, password, from } = server;
  const transport = createTransport({
    ...{ host, port, secure },
    ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
    // A password never goes over a line that others can read.
    requireTLS: user !== undefined && !secure,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  });
  const { rejected } = await transport.sendMail({
    from,
    to: [...to],
    messageId: `<${id}@fairhop.invalid>`,
    // RFC 3834: nobody is out of office to a machine.
    headers: { 'Auto-Submitted': 'auto-generated' },
    ...textOf(payload),
    disableFileAccess: true,
    disableUrlAccess: true,
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  return rejected;
}
