/** Bytes [fromBytes, toBytes) of a transfer, which one part's receipts cover. */
export interface PartRange {
  readonly part: number;
  readonly fromBytes: number;
  readonly toBytes: number;
}

interface OrderFault {
  readonly code: 'part-overlap' | 'part-chain';
  readonly message: string;
}

/**
 * Whether a part fits between its booked neighbours, the nearest lower and higher part known; parts come in any order.
 * Ranges rise with the parts and never share a byte, and where the very next part is known, they meet.
 */
export function orderFault(
  range: PartRange,
  lower: PartRange | undefined,
  higher: PartRange | undefined,
): OrderFault | undefined {
  return (lower && pairFault(lower, range)) ?? (higher && pairFault(range, higher));
}

function pairFault(lower: PartRange, higher: PartRange): OrderFault | undefined {
  const between = `part ${lower.part} covers bytes up to ${lower.toBytes}, part ${higher.part} begins at ${higher.fromBytes}`;
  if (lower.toBytes > higher.fromBytes) return { code: 'part-overlap', message: between };
  if (lower.part + 1 === higher.part && lower.toBytes !== higher.fromBytes)
    return { code: 'part-chain', message: between };
  return undefined;
}
