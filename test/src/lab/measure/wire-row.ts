import type { TransferKind } from '@fairhop/shared/model';

/** A ledger row, with the directed links of its path. */
export interface WireRow {
  readonly transferId: string;
  readonly kind: TransferKind;
  readonly content: string;
  readonly source: string;
  readonly destination: string;
  readonly bytes: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly links: readonly string[];
}
