/** What is to say of one item of a declaration. */
export interface Remark {
  /** `attachment 192.0.2.0/24`, `node bas1: address 192.0.2.1` */
  readonly what: string;
  readonly code: string;
  readonly message: string;
}

/** So many are told; who declares a thousand wrong things has one mistake to find. */
const TOLD_REMARKS = 1_000;

/** The first of many, and how many more there are. */
export function toldRemarks(remarks: readonly Remark[]): Remark[] {
  const more = remarks.length - TOLD_REMARKS;
  if (more <= 0) return [...remarks];
  const rest = { what: `${more} more`, code: 'and-more', message: 'they are like those before' };
  return [...remarks.slice(0, TOLD_REMARKS), rest];
}
