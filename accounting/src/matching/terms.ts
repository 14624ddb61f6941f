import { byteCountSchema, ownerIdSchema } from '@fairhop/shared/model';
import { z } from 'zod';

const DAY_MS = 86_400_000;

const contractClassSchema = z.strictObject({
  /** So long what one side claims waits for the other; then it is dropped, until it is confirmed all the same. */
  holdMs: z
    .int()
    .min(1_000)
    .max(366 * DAY_MS)
    .default(7 * DAY_MS),
  /** By so much an uploader's last word may be less without a dispute. */
  toleranceBytes: byteCountSchema.default(0),
});
type ContractTerms = z.infer<typeof contractClassSchema>;

/** Classes by their name, and owners that have another than `default`. */
export const contractsSchema = z
  .strictObject({
    classes: z.record(z.string().min(1).max(64), contractClassSchema).default({}),
    owners: z.record(ownerIdSchema, z.string().min(1).max(64)).default({}),
  })
  .superRefine(({ classes, owners }, context) => {
    for (const [owner, name] of Object.entries(owners)) {
      if (name === DEFAULT_CLASS || Object.hasOwn(classes, name)) continue;
      const path = ['owners', owner];
      context.addIssue({ code: 'custom', path, message: `${name} is no class; one of classes is right` });
    }
  });
export type Contracts = z.infer<typeof contractsSchema>;

const DEFAULT_CLASS = 'default';

/** The terms of an owner's contract by its name. */
export type TermsOf = (owner: string) => ContractTerms;

export function createTerms({ classes, owners }: Contracts): TermsOf {
  const byDefault = classes[DEFAULT_CLASS] ?? contractClassSchema.parse({});
  return (owner) => {
    const name = Object.hasOwn(owners, owner) ? owners[owner]! : DEFAULT_CLASS;
    return classes[name] ?? byDefault;
  };
}

/** Without contracts that say otherwise. */
export const defaultTerms: TermsOf = createTerms({ classes: {}, owners: {} });
