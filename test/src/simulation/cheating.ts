import {
  contextOfGrant,
  decodeReceipt,
  FIRST_STATEMENT_DIGEST,
  type Identity,
  signReceipt,
  signStatement,
  signToken,
} from '@fairhop/shared/crypto';
import {
  type GrantClaims,
  grantClaimsSchema,
  type PeerTransferRecord,
  type ReportRecord,
  tokenType,
  type UploaderStatement,
} from '@fairhop/shared/model';
import type { Cheat, Conduct, SimulatedAgent, Transfer } from './model.js';
import { addressIn, SILENT_ISP } from './networks.js';
import { COORDINATOR } from './order-desk.js';
import type { Chance } from './random.js';
import type { World } from './world-model.js';

/** What a grant says, its signature unchecked. */
const claimsOf = (grant: string): GrantClaims =>
  grantClaimsSchema.parse(JSON.parse(Buffer.from(grant.split('.')[1]!, 'base64url').toString()));

/** How each kind of cheater behaves; what is not named is honest. */
export function createConducts(world: () => World): Record<Cheat, Conduct> {
  const lied = (agent: SimulatedAgent, transfer: Transfer, bytes: number): void =>
    world().tally.lied(agent, transfer, bytes);
  const transferOf = (grant: string): Transfer | undefined => world().transferOf(claimsOf(grant).jti);
  const denied = new Set<Transfer>();

  return {
    'inflates-received': {
      kind: 'inflates-received',
      invents(transfer) {
        const bytes = transfer.order.grant.maxBytes - transfer.verifiedBytes;
        lied(transfer.downloader, transfer, bytes);
        return bytes;
      },
    },
    'inflates-sent': {
      kind: 'inflates-sent',
      isLikeBreak: true,
      statedBytes(transfer, sentBytes) {
        const { maxBytes } = transfer.order.grant;
        if (sentBytes === PIECES_BEFORE_LIE_BYTES) lied(transfer.uploader, transfer, maxBytes - sentBytes);
        return sentBytes < PIECES_BEFORE_LIE_BYTES ? sentBytes : maxBytes;
      },
    },
    'denies-received': deniesAs('denies-received'),
    'many-identities': deniesAs('many-identities'),
    'skips-receipts': { kind: 'skips-receipts', isSilent: true, isLikeBreak: true },
    'rewrites-history': {
      kind: 'rewrites-history',
      outgoing: (agent, messages) =>
        messages.map((message) => ({ ...message, record: rewritten(agent, message.record) })),
    },
    replays: {
      kind: 'replays',
      async besides(agent, transfer) {
        if (transfer.downloader !== agent || transfer.verifiedBytes === 0) return [];
        lied(agent, transfer, transfer.verifiedBytes);
        await world().tryAgain(transfer);
        return replaysOf(agent, transfer);
      },
    },
    corrupts: { kind: 'corrupts', isCorrupt: true },
    'many-addresses': { kind: 'many-addresses', isTwofold: true },
    'no-permit': { kind: 'no-permit' },
    'forges-permit': {
      kind: 'forges-permit',
      async besides(agent, transfer) {
        const { downloader } = transfer;
        if (downloader !== agent) return [];
        const { maxBytes } = transfer.order.grant;
        lied(agent, transfer, maxBytes);
        return [await underForgedGrant(agent, transfer, world())];
      },
    },
    'forges-traceroutes': {
      kind: 'forges-traceroutes',
      async besides(agent, transfer) {
        lied(agent, transfer, 0);
        return forgedTraces(agent, transfer, world().timeline.nowMs());
      },
    },
    colludes: { kind: 'colludes' },
  };

  function deniesAs(kind: Cheat): Conduct {
    return {
      kind,
      // Who does not upload tells accounting nothing at all: that is known after a month.
      isPatient: true,
      outgoing: (agent, messages) =>
        messages.filter(({ record }) => {
          if (record.type !== 'peer-transfer') return true;
          const transfer = transferOf(record.grant);
          if (transfer !== undefined && !denied.has(transfer)) {
            denied.add(transfer);
            lied(agent, transfer, decodeReceipt(Buffer.from(record.to, 'base64url')).cumulativeBytes);
          }
          return false;
        }),
    };
  }

  /** Another word in the place of one that it told its counterpart, or accounting, before. */
  function rewritten(agent: SimulatedAgent, record: ReportRecord): ReportRecord {
    if (record.type === 'peer-transfer') {
      const claims = claimsOf(record.grant);
      const receipt = decodeReceipt(Buffer.from(record.to, 'base64url'));
      const transfer = transferOf(record.grant);
      if (transfer !== undefined) lied(agent, transfer, claims.maxBytes - receipt.cumulativeBytes);
      const told = { ...receipt, cumulativeBytes: claims.maxBytes };
      const to = Buffer.from(signReceipt(told, contextOfGrant(claims), agent.identity)).toString('base64url');
      return { ...record, to };
    }
    if (record.type !== 'uploader-statement' || !record.last || record.sequence === 0) return record;
    const claims = claimsOf(record.grant);
    const transfer = transferOf(record.grant);
    if (transfer !== undefined) lied(agent, transfer, claims.maxBytes - record.sentBytes);
    const sequence = record.sequence - 1;
    return signedAnew(agent.identity, record, {
      ...{ sequence, sentBytes: claims.maxBytes },
      ...(sequence === 0 && { previousDigest: FIRST_STATEMENT_DIGEST }),
    });
  }

  function replaysOf(agent: SimulatedAgent, transfer: Transfer): ReportRecord[] {
    const { grant, token } = transfer.order;
    const receipts = world().reportedParts(transfer);
    const parts = receipts.map(
      (record, index): PeerTransferRecord => ({
        ...record,
        part: 100 + index,
        from: record.from ?? record.to,
      }),
    );
    // The same receipts as another beginning, and the same records as they were.
    const beginnings = receipts.map((record) => {
      const { from: _, ...rest } = record;
      return { ...rest, part: 0, startMs: record.startMs - 1_000 };
    });
    const late = signReceipt(
      {
        transferId: grant.transferId,
        sequence: 10_000,
        cumulativeBytes: grant.maxBytes,
        timeMs: grant.expiresMs + 600_000,
        previousDigest: 'ab'.repeat(32),
      },
      contextOfGrant(claimsOf(token)),
      agent.identity,
    );
    const expired = receipts.slice(-1).map((record) => ({
      ...record,
      part: 200,
      from: record.to,
      startMs: grant.expiresMs + 590_000,
      to: Buffer.from(late).toString('base64url'),
    }));
    return [...receipts, ...parts, ...beginnings, ...expired];
  }
}

/** Less would be found out by what its downloader shows at once. */
const PIECES_BEFORE_LIE_BYTES = 1024 * 1024;

function signedAnew(
  identity: Identity,
  { type: _type, grant, signature: _signature, ...body }: UploaderStatement,
  change: Partial<UploaderStatement>,
): UploaderStatement {
  return signStatement({ ...body, ...change }, grant, contextOfGrant(claimsOf(grant)), identity);
}

/** A transfer that nobody ordered, under a grant that the agent signed itself. */
async function underForgedGrant(
  agent: SimulatedAgent,
  { order }: Transfer,
  { timeline, chance }: World,
): Promise<ReportRecord> {
  const { identity } = agent;
  const claims: GrantClaims = {
    ...claimsOf(order.token),
    jti: chance.uuid(),
    iss: COORDINATOR,
    aud: identity.key,
    uploader: identity.key,
    downloader: order.grant.uploader,
  };
  const grant = await signToken({ claims, identity, kid: identity.key, type: tokenType.grant });
  const body = {
    sequence: 0,
    previousDigest: FIRST_STATEMENT_DIGEST,
    sentBytes: claims.maxBytes,
    timeMs: timeline.nowMs(),
    last: true,
    downloaderAddress: agent.address,
  };
  return signStatement(body, grant, contextOfGrant(claims), identity);
}

/** A trace through networks that no byte passed, and one between other places than the transfer's. */
function forgedTraces(
  agent: SimulatedAgent,
  { order, uploader, downloader }: Transfer,
  nowMs: number,
): ReportRecord[] {
  const other = agent === uploader ? downloader : uploader;
  const hop = (timeToLive: number, address: string, name: string) => ({
    timeToLive,
    replies: [{ address, name, roundTripMicros: 1_000 * timeToLive }],
  });
  const trace = {
    type: 'path-evidence' as const,
    transferId: order.grant.transferId,
    grant: order.token,
    direction: agent === uploader ? ('forward' as const) : ('reverse' as const),
    tool: 'traceroute' as const,
    protocol: 'udp' as const,
    startMs: nowMs - 2_000,
    endMs: nowMs - 1_000,
    sourceAddress: agent.address,
    destinationAddress: other.address,
    reached: true,
    hops: [
      hop(1, addressIn(agent.isp, 1), 'bas1.london.example.net'),
      hop(2, addressIn(SILENT_ISP, 7), 'core1.paris.sp4.example'),
      hop(3, other.address, 'home.example.net'),
    ],
  };
  return [trace, { ...trace, sourceAddress: addressIn(SILENT_ISP, 99) }];
}

/** A permit for its address that no ISP signed; `known` names a key that the ISP registered. */
export async function forgePermit(
  identity: Identity,
  isp: string,
  network: string,
  known: boolean,
  { nowMs, chance }: { readonly nowMs: () => number; readonly chance: Chance },
): Promise<string> {
  const seconds = Math.floor(nowMs() / 1_000);
  const forger = chance.identity();
  return signToken({
    claims: {
      jti: 'forged',
      iss: isp,
      aud: COORDINATOR,
      sub: identity.key,
      nbf: seconds - 3_600,
      exp: seconds + 86_400,
      terms: { networks: [network] },
    },
    identity: forger,
    kid: known ? 'key-1' : 'key-9',
    type: tokenType.permit,
  });
}
