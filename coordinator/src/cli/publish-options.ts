import type { Publication } from '@fairhop/shared/contract';
import { publicationSchema } from '@fairhop/shared/contract';
import { FairhopError, fieldErrors, type slugSchema } from '@fairhop/shared/model';
import { tellAsTyped } from './typed-names.js';

/** What the options of `publish` say of a title; what they leave out is the coordinator's to fill in. */
export type Statement = Pick<Publication, 'category' | 'mediaType' | 'metadata' | 'rules'>;

/** Where each part of it comes from. */
export const tellOption: Readonly<Record<keyof Statement, string>> = {
  category: '--category',
  mediaType: '--media-type',
  metadata: '--meta',
  rules: '--peers or --peer-country',
};

const statementSchema = publicationSchema.pick({
  category: true,
  mediaType: true,
  metadata: true,
  rules: true,
});

interface StatementOptions {
  readonly category?: string;
  readonly mediaType?: string;
  readonly meta?: readonly string[];
  readonly peers?: boolean;
  readonly peerCountry?: readonly string[];
}

/** Throws `invalid-metadata` and `invalid-option` (400), with the options as they are typed. */
export function readStatement({
  category,
  mediaType,
  meta,
  peers,
  peerCountry,
}: StatementOptions): Statement {
  const stated = {
    ...(category !== undefined && { category }),
    ...(mediaType !== undefined && { mediaType }),
    ...(meta && { metadata: readMetadata(meta) }),
    // One rule alone would leave the other as it was, which nobody sees.
    ...((peers !== undefined || peerCountry) && {
      rules: { peersAllowed: peers ?? true, ...(peerCountry && { peerCountries: [...peerCountry] }) },
    }),
  };
  const parsed = statementSchema.safeParse(stated);
  if (parsed.success) return parsed.data;
  const errors = fieldErrors(parsed.error, ['body']);
  throw new FairhopError('invalid-option', tellAsTyped(errors), { status: 400, errors });
}

function readMetadata(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
      if (key !== undefined && value !== undefined) return [key, value];
      const message = `--meta: ${JSON.stringify(pair)} is no pair; key=value is right, such as artist=Someone`;
      throw new FairhopError('invalid-metadata', message, { status: 400 });
    }),
  );
}

/** Throws `invalid-name` (400). */
export function requireSlug(option: string, value: string, schema: typeof slugSchema): void {
  const parsed = schema.safeParse(value);
  if (parsed.success) return;
  const message = `${option} ${JSON.stringify(value)} ${parsed.error.issues[0]?.message}`;
  throw new FairhopError('invalid-name', message, { status: 400 });
}
