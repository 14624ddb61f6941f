import { randomUUID } from 'node:crypto';
import { completionBytes, createIdentity, type Identity, signToken } from '@fairhop/shared/crypto';
import { hostId, tokenType } from '@fairhop/shared/model';

export const COORDINATOR = 'coordinator';

/** One record of each type: right in form, and each for a reason of its own not to be booked. */
export async function recordsOf(issuer: Identity, agent: Identity): Promise<Record<string, unknown>[]> {
  const nowMs = Date.now();
  const nowS = Math.floor(nowMs / 1000);
  const transferId = randomUUID();
  const content = 'c0'.repeat(32);
  const facts = {
    agent: agent.key,
    contentId: content,
    title: 'studio/film',
    sizeBytes: 1_000_000,
    timeMs: nowMs,
  };
  const grant = await signToken({
    claims: {
      jti: transferId,
      iss: COORDINATOR,
      aud: agent.key,
      iat: nowS - 60,
      exp: nowS + 600,
      content,
      title: 'studio/film',
      category: 'video',
      sizeBytes: 1_000_000,
      uploader: createIdentity().key,
      downloader: agent.key,
      maxBytes: 1_000_000,
      rateBitsPerSecond: 1_000_000,
      permit: { id: 'p', isp: 'sp1', networks: ['127.1.0.0/16'] },
    },
    identity: issuer,
    kid: issuer.key,
    type: tokenType.grant,
  });
  const addresses = { uploaderAddress: '127.1.0.10', downloaderAddress: '127.2.0.20' };
  return [
    {
      type: 'peer-transfer',
      grant,
      part: 0,
      startMs: nowMs - 1000,
      to: 'A'.repeat(178),
      ...addresses,
      maxRateBitsPerSecond: 1_000,
      last: true,
    },
    {
      type: 'edge-transfer',
      kind: 'edge-to-client',
      transferId,
      part: 0,
      source: hostId(agent.key),
      sourceAddress: '127.0.0.1',
      destination: 'host:client',
      destinationAddress: '127.1.0.10',
      content,
      title: 'studio/film',
      category: 'video',
      sizeBytes: 1_000_000,
      bytes: 1_000,
      startMs: nowMs - 1000,
      endMs: nowMs,
      maxRateBitsPerSecond: 1_000,
    },
    {
      type: 'completion',
      agent: agent.key,
      content,
      title: 'studio/film',
      sizeBytes: 1_000_000,
      timeMs: nowMs,
      signature: Buffer.from(agent.sign(completionBytes(facts))).toString('base64url'),
    },
    {
      type: 'uploader-statement',
      grant,
      sequence: 0,
      previousDigest: '0'.repeat(64),
      sentBytes: 1_000,
      timeMs: nowMs,
      last: false,
      downloaderAddress: '127.2.0.20',
      signature: 'A'.repeat(86),
    },
    {
      type: 'path-evidence',
      transferId,
      grant,
      direction: 'forward',
      tool: 'traceroute',
      protocol: 'udp',
      startMs: nowMs - 1000,
      endMs: nowMs,
      sourceAddress: '127.1.0.10',
      destinationAddress: '127.2.0.20',
      reached: true,
      hops: [{ timeToLive: 1, replies: [{ address: '127.1.0.1', roundTripMicros: 100 }] }],
    },
  ];
}
