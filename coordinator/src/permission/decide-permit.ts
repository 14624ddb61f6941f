import type { AgentKey, Agreement, Permit, PermitClaims, UplinkTerms } from '@fairhop/shared/model';
import { inPrefix, type Prefix, parsePrefix } from '@fairhop/shared/net';
import { nextMonthMs } from '../month.js';
import { hoursState } from './hours.js';

/** Why no permit is in force, or `permitted`. */
export type PermitCode =
  | 'permitted'
  | 'no-isp'
  | 'no-agreement'
  | 'permit-malformed'
  | 'permit-forged'
  | 'permit-unknown-key'
  | 'permit-wrong-isp'
  | 'permit-wrong-coordinator'
  | 'permit-wrong-agent'
  | 'outside-networks'
  | 'network-not-of-isp'
  | 'withdrawn'
  | 'expired'
  | 'not-yet-valid'
  | 'outside-hours'
  | 'monthly-bytes-reached';

export interface PermitInput {
  /** Those of `isp`, withdrawn ones included. */
  readonly agreements: readonly Agreement[];
  /** What the token says once its signature is checked, or why it is refused; undefined: none was presented. */
  readonly token?: { claims: PermitClaims } | { code: PermitCode; reason: string } | undefined;
  readonly agent: AgentKey;
  /** As the coordinator sees it. */
  readonly address: string;
  /** Derived from the address; null outside every known ISP. */
  readonly isp: string | null;
  /** This coordinator's id. */
  readonly coordinator: string;
  /** Whether all networks lie in the ISP's prefixes. */
  readonly networksOfIsp: (networks: readonly string[]) => boolean;
  readonly nowMs: number;
  /** Bytes uploaded this UTC month under a permit, by the agent and by all. */
  readonly usage: (permitId: string) => { agentBytes: number; totalBytes: number };
}

export interface PermitVerdict {
  readonly permit: Permit | null;
  readonly code: PermitCode;
  readonly reason: string;
  /** Time alone may change the answer from then on. */
  readonly holdsUntilMs: number;
  readonly monthlyBytesTotal?: number;
}

const MAX_TIME_MS = 8_640_000_000_000_000;
/** However little changes, it is looked at once a day. */
const MAX_HOLDS_MS = 24 * 3_600_000;

/**
 * The permit in force for an agent at an address. A permit that the ISP signed for this subscriber counts before an agreement;
 * of agreements the one with the highest rate. When none is in force, the one that comes into force first says why.
 */
export function decidePermit(input: PermitInput): PermitVerdict {
  const { isp, nowMs } = input;
  const latestMs = nowMs + MAX_HOLDS_MS;
  const refuse = (code: PermitCode, reason: string, holdsUntilMs = latestMs): PermitVerdict => ({
    permit: null,
    code,
    reason,
    holdsUntilMs,
  });
  if (isp === null) {
    return refuse(
      'no-isp',
      'your address belongs to no ISP that is known here, so nobody can permit its uplink',
    );
  }
  const { candidates, refusal } = candidatesOf(input, isp);
  const judged = candidates.map((candidate) => ({ candidate, judgement: judge(candidate, input) }));
  const changesMs = Math.min(latestMs, ...judged.map(({ judgement }) => judgement.changesMs));
  const holding = judged.filter(({ judgement }) => judgement.code === 'permitted').sort(byPreference)[0];
  const note = refusal ? `; ${refusal.reason}` : '';
  if (holding) {
    const { permit, monthlyBytesTotal, name } = holding.candidate;
    return {
      permit,
      code: 'permitted',
      reason: `${name} permits uploads until ${instant(holding.judgement.changesMs)}${note}`,
      holdsUntilMs: changesMs,
      ...(monthlyBytesTotal !== undefined && { monthlyBytesTotal }),
    };
  }
  // A token that was presented is what its bearer asks about.
  if (refusal) return refuse(refusal.code, refusal.reason, changesMs);
  const nearest = judged.sort((left, right) => left.judgement.changesMs - right.judgement.changesMs)[0];
  if (nearest) return refuse(nearest.judgement.code, nearest.judgement.reason, changesMs);
  return refuse(
    'no-agreement',
    `your ISP ${isp} permits no uploads here: it has no agreement and you have no permit of it`,
  );
}

interface Candidate {
  readonly permit: Permit;
  readonly name: string;
  readonly withdrawnMs?: number | undefined;
  readonly monthlyBytesTotal?: number | undefined;
}

interface Judgement {
  readonly code: PermitCode;
  readonly reason: string;
  /** When time alone changes it; infinite if never. */
  readonly changesMs: number;
}

interface Refusal {
  readonly code: PermitCode;
  readonly reason: string;
}

function candidatesOf(input: PermitInput, isp: string): { candidates: Candidate[]; refusal?: Refusal } {
  const { agent } = input;
  const candidates = input.agreements
    .filter((agreement) => agreement.isp === isp)
    .map(
      (agreement): Candidate => ({
        permit: {
          id: agreementPermitId(agreement),
          isp,
          agent,
          source: 'agreement',
          terms: termsOf(agreement),
        },
        name: `agreement ${agreement.id} of ${isp}`,
        withdrawnMs: agreement.withdrawnMs,
        monthlyBytesTotal: agreement.monthlyBytesTotal,
      }),
    );
  const { token } = input;
  if (!token) return { candidates };
  if ('code' in token) return { candidates, refusal: token };
  const refusal = claimsRefusal(token.claims, input, isp);
  if (refusal) return { candidates, refusal };
  return { candidates: [clientCandidate(token.claims, agent), ...candidates] };
}

/** Its id is told apart from an agreement's by the colon, which no agreement's has. */
const agreementPermitId = ({ isp, id }: Agreement): string => `${isp}/${id}`;

function termsOf(agreement: Agreement): UplinkTerms {
  const {
    id: _id,
    isp: _isp,
    withdrawnMs: _withdrawn,
    monthlyBytesTotal: _total,
    price: _price,
    ...terms
  } = agreement;
  return terms;
}

function clientCandidate({ jti, iss, nbf, exp, terms }: PermitClaims, agent: AgentKey): Candidate {
  return {
    permit: {
      id: `${iss}:${jti}`,
      isp: iss,
      agent,
      source: 'client',
      terms: { ...terms, validFromMs: milliseconds(nbf), validUntilMs: milliseconds(exp) },
    },
    name: `permit ${jti} of ${iss}`,
  };
}

/** Of a NumericDate (RFC 7519); one beyond what Date holds is its end. */
const milliseconds = (seconds: number): number => Math.min(seconds * 1000, MAX_TIME_MS);

function claimsRefusal(claims: PermitClaims, input: PermitInput, isp: string): Refusal | undefined {
  const name = `the permit ${claims.jti} of ${claims.iss}`;
  if (claims.iss !== isp) {
    return { code: 'permit-wrong-isp', reason: `${name} does not count at your address, which is in ${isp}` };
  }
  if (claims.aud !== input.coordinator) {
    const reason = `${name} is meant for coordinator ${claims.aud}; this is ${input.coordinator}`;
    return { code: 'permit-wrong-coordinator', reason };
  }
  if (claims.sub !== input.agent) {
    return {
      code: 'permit-wrong-agent',
      reason: `${name} is for agent ${claims.sub}; you are ${input.agent}`,
    };
  }
  if (!input.networksOfIsp(claims.terms.networks)) {
    const networks = claims.terms.networks.join(', ');
    return {
      code: 'network-not-of-isp',
      reason: `${name} covers ${networks}, which are not all networks of ${isp}`,
    };
  }
  return undefined;
}

function judge(candidate: Candidate, { address, nowMs, usage }: PermitInput): Judgement {
  const { permit, name } = candidate;
  const { terms } = permit;
  const never = Number.POSITIVE_INFINITY;
  const of = (code: PermitCode, what: string, changesMs: number): Judgement => ({
    code,
    reason: `${name} ${what}`,
    changesMs,
  });
  if (candidate.withdrawnMs !== undefined)
    return of('withdrawn', `was withdrawn at ${instant(candidate.withdrawnMs)}`, never);
  if (!prefixesOf(terms.networks).some((prefix) => inPrefix(address, prefix)))
    return of('outside-networks', `does not cover your address, only ${shortList(terms.networks)}`, never);
  if (nowMs >= terms.validUntilMs) return of('expired', `ended at ${instant(terms.validUntilMs)}`, never);
  if (nowMs < terms.validFromMs)
    return of('not-yet-valid', `begins at ${instant(terms.validFromMs)}`, terms.validFromMs);
  const volume = volumeJudgement(candidate, usage, nowMs);
  if (volume) return of('monthly-bytes-reached', volume, nextMonthMs(nowMs));
  const hours = terms.hours && hoursState(terms.hours, nowMs);
  if (terms.hours && hours && !hours.open) {
    const { from, to, timeZone } = terms.hours;
    const opensMs = hours.changesMs ?? never;
    const what = `permits uploads from ${from} to ${to} ${timeZone}; the next time begins at ${instant(opensMs)}`;
    return of('outside-hours', what, opensMs);
  }
  const endsMs = Math.min(terms.validUntilMs, hours?.changesMs ?? never);
  return of('permitted', `ends at ${instant(endsMs)}`, endsMs);
}

/** What a volume that is used up says, or undefined while there is some left. */
function volumeJudgement(
  { permit, monthlyBytesTotal }: Candidate,
  usage: PermitInput['usage'],
  nowMs: number,
): string | undefined {
  const { monthlyBytesPerSubscriber } = permit.terms;
  if (monthlyBytesPerSubscriber === undefined && monthlyBytesTotal === undefined) return undefined;
  const { agentBytes, totalBytes } = usage(permit.id);
  const goesOn = `it goes on at ${instant(nextMonthMs(nowMs))}`;
  if (monthlyBytesPerSubscriber !== undefined && agentBytes >= monthlyBytesPerSubscriber) {
    return `allows ${monthlyBytesPerSubscriber} bytes a month, which you uploaded; ${goesOn}`;
  }
  if (monthlyBytesTotal !== undefined && totalBytes >= monthlyBytesTotal) {
    return `allows ${monthlyBytesTotal} bytes a month to all its subscribers together, which are used up; ${goesOn}`;
  }
  return undefined;
}

type Judged = { readonly candidate: Candidate };

function byPreference({ candidate: left }: Judged, { candidate: right }: Judged): number {
  const rank = ({ permit }: Candidate): number => (permit.source === 'client' ? 0 : 1);
  const rate = ({ permit }: Candidate): number => permit.terms.maxRateBitsPerSecond ?? Number.MAX_VALUE;
  return rank(left) - rank(right) || rate(right) - rate(left) || (left.permit.id < right.permit.id ? -1 : 1);
}

/** An agreement is judged for each agent of its ISP, and may have a thousand networks: they are parsed once. */
const parsedNetworks = new WeakMap<readonly string[], readonly Prefix[]>();

function prefixesOf(networks: readonly string[]): readonly Prefix[] {
  const prefixes = parsedNetworks.get(networks) ?? networks.map(parsePrefix);
  parsedNetworks.set(networks, prefixes);
  return prefixes;
}

/** Networks for a message; an agreement may have a thousand. */
function shortList(networks: readonly string[]): string {
  const shown = networks.slice(0, 5).join(', ');
  return networks.length > 5 ? `${shown} and ${networks.length - 5} more` : shown;
}

const instant = (timeMs: number): string =>
  timeMs <= MAX_TIME_MS ? new Date(timeMs).toISOString() : 'no known time';
