import { componentRefSchema, networkRefSchema } from '@fairhop/shared/contract';
import { type Charge, type ContractTerms, NANOS, parseDecimal, titleIdSchema } from '@fairhop/shared/model';
import type { z } from 'zod';
import { parseNetwork } from '../query/networks.js';
import { bookedComponent } from '../query/question.js';
import { checkRatePlan } from '../rating/index.js';
import { hasTwoWays } from './charge-ways.js';
import { invalid } from './check-parties.js';
import { asnsOf, type ContractKnowledge } from './knowledge.js';

const networkFields = ['leaves', 'enters', 'source', 'destination'] as const;

/**
 * Throws `tax-invalid`, `charge-repeated`, `rate-plan-invalid`, `usage-invalid`, `network-unknown`, `component-unknown` (400), each with the field.
 */
export function checkTerms({ charges, tax }: ContractTerms, knows: ContractKnowledge): void {
  checkTax(tax);
  const ids = new Set<string>();
  charges.forEach((charge, index) => {
    const path = chargePath(index);
    if (ids.has(charge.id)) {
      const message = `${charge.id} is another charge of the contract already; take another id`;
      throw invalid('charge-repeated', `${path}.id`, message);
    }
    ids.add(charge.id);
    checkRatePlan(charge.plan, `${path}.plan`);
    checkUsage(charge, `${path}.usage`, knows);
    checkDirection(charge, `${path}.plan.direction`);
  });
}

/** As EN 16931 has it (BR-S-05 and those of the other categories): an invoice with another rate could not be written as one. */
function checkTax({ category, percent }: ContractTerms['tax']): void {
  const rate = parseDecimal(percent);
  if (category === 'S' && (rate === 0n || rate > 100n * NANOS)) {
    const message = `category S has a rate of ${percent} %; one above 0 and at most 100 is right, and Z is zero rated`;
    throw invalid('tax-invalid', 'terms.tax.percent', message);
  }
  if (category !== 'S' && rate !== 0n) {
    const message = `category ${category} has a rate of ${percent} %; 0 is right, and S has a rate`;
    throw invalid('tax-invalid', 'terms.tax.percent', message);
  }
}

function checkDirection({ id, usage, plan }: Charge, path: string): void {
  if (plan.type !== 'percentile95' || plan.direction === 'forward' || hasTwoWays(usage)) return;
  const message = `charge ${id} counts the same bytes forward and backward; name an end, such as leaves, or links of one direction in crosses`;
  throw invalid('usage-invalid', path, message);
}

export const chargePath = (index: number): string => `terms.charges.${index}`;

function checkUsage({ usage }: Charge, path: string, knows: ContractKnowledge): void {
  for (const field of networkFields) {
    const ref = usage[field];
    if (ref !== undefined) checkNetwork(ref, `${path}.${field}`, knows);
  }
  usage.crosses?.forEach((ref, index) => {
    checkComponent(ref, `${path}.crosses.${index}`, knows);
  });
  if (usage.title === undefined) return;
  checkShape(titleIdSchema, usage.title, `${path}.title`);
  if (usage.owner === undefined || usage.title.startsWith(`${usage.owner}/`)) return;
  throw invalid('usage-invalid', `${path}.title`, `${usage.title} is no title of ${usage.owner}`);
}

function checkNetwork(ref: string, path: string, knows: ContractKnowledge): void {
  checkShape(networkRefSchema, ref, path);
  const named = parseNetwork(ref);
  const isKnown = 'isp' in named ? knows.isp(named.isp) : knows.autonomousSystem(named.asn);
  if (isKnown !== undefined) return;
  throw invalid(
    'network-unknown',
    path,
    `network ${ref} is not known here; an ISP or as:N of the AS graph is right`,
  );
}

function checkComponent(ref: string, path: string, knows: ContractKnowledge): void {
  checkShape(componentRefSchema, ref, path);
  const component = bookedComponent(ref);
  if (component.startsWith('place:')) {
    throw invalid(
      'usage-invalid',
      path,
      `${ref} only describes paths and bills nothing; name networks or links`,
    );
  }
  if (isKnown(component, knows)) return;
  const message = `component ${ref} is not known here; one of the AS graph or of a declared topology is right`;
  throw invalid('component-unknown', path, message);
}

/** A link between two ASes that are known may have no traffic yet. */
function isKnown(component: string, knows: ContractKnowledge): boolean {
  if (component.startsWith('isp:')) return knows.isp(component.slice('isp:'.length)) !== undefined;
  if (!/^(as|link):/.test(component)) return knows.isComponent(component);
  return asnsOf(component).every((asn) => knows.autonomousSystem(asn) !== undefined);
}

function checkShape(schema: z.ZodType, value: string, path: string): void {
  const issue = schema.safeParse(value).error?.issues[0];
  if (issue !== undefined) throw invalid('usage-invalid', path, `${value} ${issue.message}`);
}
