import {
  checkGrant,
  createReceiptWriter,
  createUploadWindow,
  permitFault,
  windowBytesOf,
} from '@fairhop/client-agent/testing';
import {
  contextOfGrant,
  contradicts,
  type Receipt,
  receiptLink,
  verifyReceipt,
} from '@fairhop/shared/crypto';
import type { GrantClaims } from '@fairhop/shared/model';
import type { SimulatedAgent, Transfer } from './model.js';
import { COORDINATOR, type Order, PIECE_BYTES } from './order-desk.js';
import type { World } from './world-model.js';

/** Such a piece takes less than the longest wait for a receipt. */
const STALL_MS = 30_000;
const STATEMENT_INTERVAL_MS = 10_000;
const REPORT_INTERVAL_MS = 30_000;
const LATE_RECEIPTS_MS = 2_000;
const ROUND_TRIP_MS = 40;

interface TransferPlan {
  readonly pieces: number;
  readonly rateBitsPerSecond: number;
  readonly isInvented: boolean;
  /** Told once it is over, with the number of pieces that arrived. */
  readonly onEnd: (pieces: number) => void;
}

/**
 * Begins both ends of one transfer, with what the product's agents sign and keep; pieces then come one after the other at the rate.
 * Throws what either end refuses before the first byte.
 */
export async function beginTransfer(
  world: World,
  order: Order,
  { pieces, rateBitsPerSecond, isInvented, onEnd }: TransferPlan,
): Promise<void> {
  const { timeline, desk } = world;
  const { grant, token } = order;
  const uploader = world.agent(grant.uploader);
  const downloader = world.agent(grant.downloader);
  const claims = await checkAtBothEnds(world, order, uploader, downloader);
  const context = contextOfGrant(claims);
  const window = createUploadWindow(windowBytesOf(PIECE_BYTES));
  const there = uploader.address;
  const uploadAddress = (): string => uploader.sendsFrom ?? (uploader.isLingering ? there : uploader.address);
  const here = downloader.address;
  const downloadAddress = (): string => (downloader.isLingering ? here : downloader.address);
  const runs = [uploader.runs, downloader.runs];
  /** Not what another process of the same agent is. */
  const isAlive = (agent: SimulatedAgent): boolean =>
    agent.isUp && agent.runs === runs[agent === uploader ? 0 : 1];
  const upload = uploader.uploads.begin({
    grant: token,
    claims,
    downloaderAddress: downloadAddress,
  });
  const download = downloader.downloads.begin({
    transferId: grant.transferId,
    grant: token,
    startMs: timeline.nowMs(),
    ends: () => ({ uploaderAddress: uploadAddress(), downloaderAddress: downloadAddress() }),
  });
  let last: Receipt | undefined;
  let isUnseen = false;
  let arrived = 0;
  const transfer: Transfer = {
    ...{ order, uploader, downloader, isInvented, verifiedBytes: 0, sentBytes: 0, acknowledgedBytes: 0 },
    isOver: false,
    reportedBy: new Set(),
    end,
  };
  const takeReceipt = (bytes: Uint8Array): void => {
    if (isUnseen || !isAlive(uploader)) return;
    const receipt = verifyReceipt(bytes, context);
    const isFalse = last !== undefined && contradicts(receiptLink(last), receiptLink(receipt)) !== undefined;
    if (isFalse || !window.acknowledge(receipt.cumulativeBytes)) {
      upload.noteReceipt(bytes, window.acknowledgedBytes);
      end();
      return;
    }
    last = receipt;
    transfer.acknowledgedBytes = receipt.cumulativeBytes;
    upload.noteReceipt(bytes, receipt.cumulativeBytes);
  };
  const writer = createReceiptWriter({
    identity: downloader.identity,
    context,
    expiresMs: claims.exp * 1000,
    nowMs: timeline.nowMs,
    onReceipt: (receipt) => download.receipt(receipt),
    send: takeReceipt,
    onFailed: (error) => {
      throw error;
    },
  });
  function end(): void {
    if (transfer.isOver) return;
    if (isAlive(downloader)) {
      writer.end();
      const invented = downloader.conduct.invents?.(transfer) ?? 0;
      isUnseen = true;
      if (invented > 0) writer.acknowledge(invented);
      writer.flush();
    }
    transfer.isOver = true;
    uploader.running.delete(transfer);
    downloader.running.delete(transfer);
    desk.close(grant);
    if (isAlive(uploader)) upload.end();
    if (isAlive(downloader))
      timeline.after(LATE_RECEIPTS_MS, () => {
        if (isAlive(downloader)) download.end();
      });
    for (const agent of [uploader, downloader]) {
      agent.unreported.add(transfer);
      timeline.after(LATE_RECEIPTS_MS + 1_000, () => world.report(agent));
    }
    world.onOver(transfer);
    onEnd(arrived);
  }
  const sendPiece = (): void => {
    if (transfer.isOver) return;
    const isPast = timeline.nowMs() >= claims.exp * 1000 || window.sentBytes + PIECE_BYTES > claims.maxBytes;
    if (!isAlive(uploader) || !isAlive(downloader) || arrived === pieces || isPast) {
      end();
      return;
    }
    if (window.roomBytes < PIECE_BYTES) {
      timeline.after(STALL_MS, end);
      return;
    }
    window.sent(PIECE_BYTES);
    if (!isInvented) transfer.sentBytes = window.sentBytes;
    upload.noteSent(uploader.conduct.statedBytes?.(transfer, window.sentBytes) ?? window.sentBytes);
    writer.noteData();
    timeline.after(ROUND_TRIP_MS + (PIECE_BYTES * 8_000) / rateBitsPerSecond, receivePiece);
  };
  const receivePiece = (): void => {
    if (transfer.isOver) return;
    if (!isAlive(uploader) || !isAlive(downloader)) {
      end();
      return;
    }
    if (uploader.conduct.isCorrupt && !isInvented) {
      desk.reportBadData(grant, arrived);
      world.onBadData(transfer);
      end();
      return;
    }
    arrived += 1;
    desk.reportDelivery(grant);
    if (!isInvented) transfer.verifiedBytes += PIECE_BYTES;
    if (!downloader.conduct.isSilent) {
      writer.acknowledge(PIECE_BYTES);
      // A piece takes longer than receipts wait for more; real time, by which the writer waits, is another.
      writer.flush();
    }
    sendPiece();
  };
  const state = (): void => {
    if (transfer.isOver) return;
    if (isAlive(uploader)) upload.state();
    timeline.after(STATEMENT_INTERVAL_MS, state);
  };
  const reportNow = async (): Promise<void> => {
    if (transfer.isOver) return;
    await world.report(uploader);
    await world.report(downloader);
    timeline.after(REPORT_INTERVAL_MS, reportNow);
  };
  uploader.running.add(transfer);
  downloader.running.add(transfer);
  world.onBegun(transfer);
  timeline.after(STATEMENT_INTERVAL_MS, state);
  timeline.after(REPORT_INTERVAL_MS, reportNow);
  sendPiece();
}

/** What each end checks before the first byte. Throws `grant-used`, `permit-mismatch`, `outside-permit` and what `checkGrant` throws. */
async function checkAtBothEnds(
  world: World,
  { token, grant }: Order,
  uploader: SimulatedAgent,
  downloader: SimulatedAgent,
): Promise<GrantClaims> {
  const claims = await checkGrant({
    token,
    coordinator: { id: COORDINATOR, publicKey: world.desk.identity.key },
    uploader: uploader.identity.key,
    nowMs: world.timeline.nowMs(),
  });
  if (uploader.uploads.isUsed(grant.transferId))
    throw world.refused('grant-used', downloader, `grant ${grant.transferId} was used before`);
  const fault = permitFault({
    permit: claims.permit,
    indicatedPermitId: uploader.permit?.id,
    uploaderAddress: uploader.sendsFrom ?? uploader.address,
  });
  if (fault !== undefined) throw world.refused('outside-permit', uploader, fault);
  return claims;
}
