import type { GrantClaims } from '@fairhop/shared/model';
import { inPrefix, parsePrefix } from '@fairhop/shared/net';

/** What a downloader sees of an uploader's permission. */
export interface UploadEvidence {
  readonly permit: GrantClaims['permit'];
  /** The permit that the uploader indicated in its hello. */
  readonly indicatedPermitId: string | undefined;
  /** The uploader's address in the selected ICE pair, as the downloader sees it. */
  readonly uploaderAddress: string;
}

/** Why an upload is outside of the permit that its grant was given for; undefined if it is not. */
export function permitFault({
  permit,
  indicatedPermitId,
  uploaderAddress,
}: UploadEvidence): string | undefined {
  if (indicatedPermitId === undefined) return 'the uploader indicates no permit';
  if (indicatedPermitId !== permit.id) {
    return `the uploader indicates permit ${indicatedPermitId}, the grant was given for ${permit.id}`;
  }
  if (permit.networks.some((network) => isWithin(uploaderAddress, network))) return undefined;
  return `the uploader sends from ${uploaderAddress}, outside of the networks of permit ${permit.id}`;
}

/** Whether an address lies in a prefix; what is no address or no prefix lies nowhere. */
export function isWithin(address: string, network: string): boolean {
  try {
    return inPrefix(address, parsePrefix(network));
  } catch {
    return false;
  }
}
