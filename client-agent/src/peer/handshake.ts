import { type Identity, peerHelloBytes, verify } from '@fairhop/shared/crypto';
import { type AgentKey, FairhopError, type GrantClaims, type TransferId } from '@fairhop/shared/model';
import { decodeFrame, encodeFrame, type Hello } from '@fairhop/shared/wire';
import type { RtcLink } from './rtc-link.js';

/** What both sides know once the channel is bound to two identities and one order. */
export interface Handshake {
  readonly claims: GrantClaims;
  /** Each end's address as the other end sees it. */
  readonly observedAddressOfMe: string;
  readonly observedAddressOfOther: string;
  /** The permit that the uploader indicates. */
  readonly permitId: string | undefined;
}

interface Greeting {
  readonly link: RtcLink;
  readonly identity: Identity;
  readonly signal: AbortSignal;
  /** How long the other side's hello may take. */
  readonly timeoutMs: number;
}

export interface DownloaderGreeting extends Greeting {
  /** The grant's token and its verified claims. */
  readonly grant: string;
  readonly claims: GrantClaims;
}

export interface UploaderGreeting extends Greeting {
  readonly transferId: TransferId;
  /** Whom the coordinator named as the sender of the offer. */
  readonly downloader: AgentKey;
  /** Verified claims of a grant's token. Throws if this agent does not serve it. */
  readonly checkGrant: (token: string) => Promise<GrantClaims>;
  /** The permit in force. */
  readonly permitId: string;
}

/**
 * The downloader speaks first, so that an uploader tells nothing to one without a grant. On return the link holds its
 * messages until somebody listens. Throws `hello-timeout`, `hello-wrong`, `hello-forged`, `peer-refused`, `link-closed`.
 */
export async function greetUploader(greeting: DownloaderGreeting): Promise<Handshake> {
  const { link, claims } = greeting;
  const observedAddressOfOther = link.remoteAddress();
  const answer = nextHello(greeting);
  const mine = { role: 'downloader', claims, observedAddress: observedAddressOfOther } as const;
  sendHello(greeting, mine, { grant: greeting.grant });
  const hello = await answer;
  checkNames(hello, 'uploader', claims.jti, claims.uploader);
  checkSignature(link, hello, claims);
  return {
    claims,
    observedAddressOfMe: hello.observedAddress,
    observedAddressOfOther,
    permitId: hello.permitId,
  };
}

/** As `greetUploader`, and throws what `checkGrant` throws. */
export async function greetDownloader(greeting: UploaderGreeting): Promise<Handshake> {
  const { link, transferId, downloader, permitId } = greeting;
  const hello = await nextHello(greeting);
  checkNames(hello, 'downloader', transferId, downloader);
  const claims = await greeting.checkGrant(hello.grant ?? '');
  if (
    claims.jti !== transferId ||
    claims.downloader !== downloader ||
    claims.uploader !== greeting.identity.key
  ) {
    throw wrong(
      `carries grant ${claims.jti} for downloader ${claims.downloader}, expected ${transferId} for ${downloader}`,
    );
  }
  checkSignature(link, hello, claims);
  const observedAddressOfOther = link.remoteAddress();
  sendHello(
    greeting,
    { role: 'uploader', claims, observedAddress: observedAddressOfOther, permitId },
    { permitId },
  );
  return { claims, observedAddressOfMe: hello.observedAddress, observedAddressOfOther, permitId };
}

interface Statement {
  role: Hello['role'];
  claims: GrantClaims;
  observedAddress: string;
  permitId?: string | undefined;
}

function sendHello(
  { link, identity }: Greeting,
  statement: Statement,
  more: Pick<Hello, 'grant' | 'permitId'>,
): void {
  const signature = Buffer.from(identity.sign(helloBytes(link, statement))).toString('base64url');
  const { role, claims, observedAddress } = statement;
  const hello: Hello = {
    version: 1,
    agent: identity.key,
    grantId: claims.jti,
    role,
    observedAddress,
    signature,
    ...more,
  };
  link.send(encodeFrame({ type: 'hello', hello }));
}

/**
 * A man in the middle of the signalling has two connections with certificates of his own: then the fingerprints that the
 * other side signed are not those that this side sees.
 */
function checkSignature(link: RtcLink, hello: Hello, claims: GrantClaims): void {
  // The hello is the other side's, so that its sender's view is the mirror of ours.
  const bytes = helloBytes(link, { ...hello, claims });
  if (verify(hello.agent, bytes, Buffer.from(hello.signature, 'base64url'))) return;
  throw new FairhopError(
    'hello-forged',
    `The hello of ${hello.agent} for transfer ${claims.jti} is not signed for this channel; somebody may sit in between`,
  );
}

function helloBytes(link: RtcLink, { role, claims, observedAddress, permitId }: Statement): Uint8Array {
  const [local, remote] = [link.localFingerprint(), link.remoteFingerprint()];
  const initiatorIsLocal = link.initiator;
  return peerHelloBytes({
    role,
    grantId: claims.jti,
    uploader: claims.uploader,
    downloader: claims.downloader,
    // The downloader makes the offer.
    uploaderFingerprint: initiatorIsLocal ? remote : local,
    downloaderFingerprint: initiatorIsLocal ? local : remote,
    observedAddress,
    permitId,
  });
}

function checkNames(hello: Hello, role: Hello['role'], grantId: TransferId, agent: AgentKey): void {
  if (hello.role === role && hello.grantId === grantId && hello.agent === agent) return;
  throw wrong(
    `is of ${hello.role} ${hello.agent} for ${hello.grantId}, expected ${role} ${agent} for ${grantId}`,
  );
}

/** The first frame, which must be a hello. Throws FrameError, too. */
async function nextHello({ link, signal, timeoutMs }: Greeting): Promise<Hello> {
  let timer: NodeJS.Timeout | undefined;
  let abort: (() => void) | undefined;
  try {
    return await new Promise<Hello>((resolve, reject) => {
      timer = setTimeout(() => {
        reject(new FairhopError('hello-timeout', `The other agent sent no hello within ${timeoutMs} ms`));
      }, timeoutMs);
      abort = () => reject(new FairhopError('aborted', 'The greeting was aborted'));
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, { once: true });
      void link.closed.then((reason) => {
        reject(
          new FairhopError('link-closed', `The connection ended before the other agent's hello: ${reason}`),
        );
      });
      link.onMessage = (message) => {
        link.onMessage = undefined;
        try {
          const frame = decodeFrame(message);
          if (frame.type === 'hello') resolve(frame.hello);
          else if (frame.type !== 'goodbye') throw wrong(`is missing: the first frame is a ${frame.type}`);
          else reject(refused(frame.reason, frame.text));
        } catch (error) {
          reject(error);
        }
      };
    });
  } finally {
    clearTimeout(timer);
    if (abort) signal.removeEventListener('abort', abort);
  }
}

const wrong = (what: string): FairhopError =>
  new FairhopError('hello-wrong', `The other agent's hello ${what}`);

const refused = (reason: string, text: string): FairhopError =>
  new FairhopError('peer-refused', `The other agent refused: ${reason}${text && `, ${text}`}`, {
    details: { reason },
  });
