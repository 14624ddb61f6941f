import { z } from 'zod';
import { slugSchema } from './identifiers.js';

/** What a user or a key may do with what is its organisation's. */
export const scopeSchema = z.enum([
  /** Look at everything. */
  'read',
  /** Change what no other scope names: agreements, permit keys, maps, topologies, saved queries. */
  'write',
  /** Publish and withdraw titles. */
  'publish',
  /** Contracts, invoices, parties and budgets. */
  'settlement',
  /** Users, API keys and the audit trail. */
  'admin',
]);
export type Scope = z.infer<typeof scopeSchema>;

/** Scopes that an API key may have: users and keys are managed by people. */
export const keyScopeSchema = scopeSchema.exclude(['admin']);
export type KeyScope = z.infer<typeof keyScopeSchema>;

export const roleSchema = z.enum(['admin', 'editor', 'finance', 'viewer']);
export type Role = z.infer<typeof roleSchema>;

export const scopesOfRole: Readonly<Record<Role, readonly Scope[]>> = {
  admin: scopeSchema.options,
  editor: ['read', 'write', 'publish'],
  finance: ['read', 'settlement'],
  viewer: ['read'],
};

/** Whom users and keys belong to; the operator's id is `operator`. */
export const organisationSchema = z
  .strictObject({ kind: z.enum(['operator', 'owner', 'isp']), id: slugSchema })
  .refine(({ kind, id }) => kind !== 'operator' || id === 'operator', {
    path: ['id'],
    message: 'of the operator is operator',
  });
export type Organisation = z.infer<typeof organisationSchema>;
