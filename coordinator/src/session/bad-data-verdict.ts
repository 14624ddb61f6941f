/** One network's report that an uploader sent bad data, with what else is known of that network. */
export interface Accusation {
  /** Other uploaders of which it said so before, within the same time. */
  readonly accusedBefore: number;
  /** Uploaders of which it said so, this one included. */
  readonly accused: number;
  /** Uploaders that served it, and of which it reported nothing. */
  readonly servedWell: number;
}

/** One or two may lie, or have bad memory. */
const ENOUGH = 3;
/** Of one network: who wants to have many put away needs as many networks as uploaders, since each counts for three. */
const MAX_HEARD_OF_ONE = 3;

/** Whoever differs with as many as it agrees with is more likely to be at fault itself. */
const isHeard = ({ accusedBefore, accused, servedWell }: Accusation): boolean =>
  accusedBefore < MAX_HEARD_OF_ONE && servedWell > accused;

/**
 * The accusations that an uploader is put into quarantine for, or undefined: three networks in good standing, and more than those
 * that it served without complaint.
 */
export function verdictOf<Kind extends Accusation>(
  accusations: readonly Kind[],
  servedWellBy: number,
): readonly Kind[] | undefined {
  const heard = accusations.filter(isHeard);
  return heard.length >= ENOUGH && heard.length > servedWellBy ? heard : undefined;
}
