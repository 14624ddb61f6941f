import { type Charge, type Contract, FairhopError, type Party } from '@fairhop/shared/model';
import { bookedComponent } from '../query/question.js';
import { type ContractKnowledge, ispsOf, isSameNetwork } from './knowledge.js';
import { ownerOf } from './same-usage.js';

type Sides = Pick<Contract, 'kind' | 'issuer' | 'payer'>;

const sidesOf: Readonly<Record<Contract['kind'], readonly [issuer: Party['kind'], payer: Party['kind']]>> = {
  'owner-operator': ['operator', 'owner'],
  'isp-owner': ['isp', 'owner'],
  'isp-isp': ['isp', 'isp'],
  'isp-operator': ['isp', 'operator'],
};

/** Throws `contract-parties-invalid`, `party-unknown` (400): who invoices whom in a contract of its kind, and who exists. */
export function checkParties({ kind, issuer, payer }: Sides, knows: ContractKnowledge): void {
  const [issuerKind, payerKind] = sidesOf[kind];
  for (const [side, party, right] of [
    ['issuer', issuer, issuerKind],
    ['payer', payer, payerKind],
  ] as const) {
    if (party.kind !== right) {
      const message = `the ${side} of a contract of kind ${kind} is an ${right}, not ${party.kind} ${party.id}`;
      throw invalid('contract-parties-invalid', `${side}.kind`, message);
    }
    checkParty(party, side, knows);
  }
  if (issuer.kind === payer.kind && issuer.id === payer.id) {
    throw invalid(
      'contract-parties-invalid',
      'payer.id',
      `${payer.id} cannot invoice itself; name another ISP`,
    );
  }
}

/** Throws `party-unknown` (400). */
export function checkParty({ kind, id }: Party, path: string, knows: ContractKnowledge): void {
  if (kind === 'operator' && id !== 'operator') {
    throw invalid('party-unknown', `${path}.id`, `there is no operator ${id}; the operator’s id is operator`);
  }
  if (kind === 'isp' && knows.isp(id) === undefined) {
    throw invalid(
      'party-unknown',
      `${path}.id`,
      `isp ${id} is not known here; an ISP of the AS graph is right`,
    );
  }
}

/**
 * Throws `charge-not-theirs` (400) where a charge counts what is not between the parties: an owner pays for its own content, and an ISP
 * is paid for what its network carries.
 */
export function checkWhoseUsage(
  charge: Charge,
  path: string,
  { issuer, payer }: Sides,
  knows: ContractKnowledge,
): void {
  if (payer.kind === 'owner' && ownerOf(charge.usage) !== payer.id) {
    const message = `charge ${charge.id} counts content of ${ownerOf(charge.usage) ?? 'every owner'}; only that of ${payer.id}, who pays, is right`;
    throw invalid('charge-not-theirs', `${path}.usage.owner`, message);
  }
  if (issuer.kind === 'isp' && !touches(charge.usage, issuer.id, knows)) {
    const message = `charge ${charge.id} counts what ${issuer.id} does not carry; name it by leaves, enters, source or destination, or parts of its network by crosses`;
    throw invalid('charge-not-theirs', `${path}.usage`, message);
  }
}

/** One filter by the ISP is enough, since all hold; of what is crossed, any of which is enough, each must be the ISP's. */
function touches(usage: Charge['usage'], isp: string, knows: ContractKnowledge): boolean {
  const networks = [usage.leaves, usage.enters, usage.source, usage.destination];
  if (networks.some((ref) => ref !== undefined && isSameNetwork(ref, isp, knows))) return true;
  return usage.crosses?.every((ref) => ispsOf(bookedComponent(ref), knows).has(isp)) ?? false;
}

export const invalid = (code: string, path: string, message: string): FairhopError =>
  new FairhopError(code, `${path}: ${message}`, { status: 400, errors: [{ path, message }] });
