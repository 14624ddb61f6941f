/** Whether private ASes (RFC 6996) may be used, as it was when files were read. */
export interface PrivateAsnJudge {
  /** For the reading of one file. */
  ofFile(): FileJudgement;
  /** Of what was asked before, the ASes about which the answer is another one now. */
  changed(): ReadonlySet<number>;
}

export interface FileJudgement {
  allow(asn: number): boolean;
  /** Whether the file would be read in another way now. */
  isStale(changed: ReadonlySet<number>): boolean;
}

/** Private ASes that a network has are few; what a file has beyond these is judged when it is read, once. */
const maximumAsns = 1_024;

/**
 * Dumps are judged as they are read, so that lookups need not ask. An AS that the operator adds later changes how they are read:
 * they have to be read again.
 */
export function createPrivateAsnJudge(isAllowed: (asn: number) => boolean): PrivateAsnJudge {
  const answers = new Map<number, boolean>();
  return {
    ofFile() {
      const asked = new Set<number>();
      return {
        allow(asn) {
          // One answer for all files until `changed` is asked: a change amid them is seen then.
          const answer = answers.get(asn) ?? isAllowed(asn);
          if (answers.size < maximumAsns) answers.set(asn, answer);
          if (answers.has(asn)) asked.add(asn);
          return answer;
        },
        isStale: (changed) => changed.size > 0 && [...changed].some((asn) => asked.has(asn)),
      };
    },
    changed() {
      const changed = new Set<number>();
      for (const [asn, before] of answers) if (isAllowed(asn) !== before) changed.add(asn);
      for (const asn of changed) answers.set(asn, !answers.get(asn));
      return changed;
    },
  };
}
