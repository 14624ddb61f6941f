/** What is to say of one item of a declaration. */
export interface Remark {
  /** `attachment 192.0.2.0/24`, `node bas1: address 192.0.2.1` */
  readonly what: string;
  readonly code: string;
  readonly message: string;
}

/** So many are told; who declares a thousand wrong things has one mistake to find. */
const TOLD_REMARKS = 1_000;

/** The first of many, and how many more there are: in the place of the next one. */
export function toldRemarks<One extends Remark>(remarks: readonly One[]): One[] {
  const next = remarks[TOLD_REMARKS];
  if (next === undefined) return [...remarks];
  const rest = { what: `${remarks.length - TOLD_REMARKS} more`, code: 'and-more' };
  return [...remarks.slice(0, TOLD_REMARKS), { ...next, ...rest, message: 'they are like those before' }];
}
