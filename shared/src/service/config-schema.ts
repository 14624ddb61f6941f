import { z } from 'zod';

/** One key that a configuration may have, at any depth. */
export interface ConfigKey {
  path: readonly string[];
  schema: z.core.$ZodType;
  /** Has no keys of its own: its value is given whole. */
  isLeaf: boolean;
}

export type ConfigShape = z.core.$ZodObject;

/** All keys of a schema, outer before inner. */
export function listKeys(schema: z.core.$ZodType, path: readonly string[] = []): ConfigKey[] {
  const object = asObject(schema);
  if (!object) return [];
  return Object.entries(object._zod.def.shape).flatMap(([name, inner]) => {
    const innerPath = [...path, name];
    const innerKeys = listKeys(inner, innerPath);
    return [{ path: innerPath, schema: inner, isLeaf: innerKeys.length === 0 }, ...innerKeys];
  });
}

/** The object schema under optional, default, readonly and the like. */
export function asObject(schema: z.core.$ZodType): ConfigShape | undefined {
  const inner = unwrap(schema);
  return inner instanceof z.core.$ZodObject ? inner : undefined;
}

export function isOptionalObject(schema: z.core.$ZodType): boolean {
  return schema._zod.optin === 'optional';
}

/** Keys of `value`, as far as it is an object of `schema`, that the schema does not know. */
export function unknownKeys(
  schema: z.core.$ZodType,
  value: unknown,
  path: readonly string[] = [],
): { path: readonly string[]; known: readonly string[] }[] {
  const inner = unwrap(schema);
  if (Array.isArray(value)) {
    if (!(inner instanceof z.core.$ZodArray)) return [];
    return value.flatMap((item, index) =>
      unknownKeys(inner._zod.def.element, item, [...path, String(index)]),
    );
  }
  if (!isPlainObject(value)) return [];
  if (inner instanceof z.core.$ZodUnion) {
    const variants = inner._zod.def.options.map((option) => unknownKeys(option, value, path));
    return variants.sort((left, right) => left.length - right.length)[0] ?? [];
  }
  if (inner instanceof z.core.$ZodRecord) {
    return Object.keys(value).flatMap((key) =>
      unknownKeys(inner._zod.def.valueType, value[key], [...path, key]),
    );
  }
  if (!(inner instanceof z.core.$ZodObject)) return [];
  const { shape } = inner._zod.def;
  return Object.keys(value).flatMap((key) => {
    const keyPath = [...path, key];
    if (!Object.hasOwn(shape, key)) return [{ path: keyPath, known: Object.keys(shape) }];
    return unknownKeys(shape[key]!, value[key], keyPath);
  });
}

/**
 * The value that a text of the environment or of a flag stands for: numbers, booleans, and JSON for what has parts.
 * A text that is none of these stays, for the schema to refuse.
 */
export function coerceText(schema: z.core.$ZodType, text: string): unknown {
  const inner = unwrap(schema);
  if (inner instanceof z.core.$ZodNumber) return /^-?\d+(\.\d+)?(e\d+)?$/i.test(text) ? Number(text) : text;
  if (inner instanceof z.core.$ZodBoolean)
    return { true: true, '1': true, false: false, '0': false }[text] ?? text;
  if (inner instanceof z.core.$ZodString || inner instanceof z.core.$ZodEnum) return text;
  const parsed = parseJson(text);
  return parsed !== undefined && z.core.safeParse(schema, parsed).success
    ? parsed
    : fallback(inner, text, parsed);
}

/** Of a wrong value the parsed form is kept where the schema has parts, so that the error names the wrong part. */
function fallback(schema: z.core.$ZodType, text: string, parsed: unknown): unknown {
  const hasParts = !(schema instanceof z.core.$ZodUnion || schema instanceof z.core.$ZodLiteral);
  return hasParts && parsed !== undefined ? parsed : text;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.core.$ZodPipe) return unwrap(schema._zod.def.in);
  if (schema instanceof z.core.$ZodLazy) return unwrap(schema._zod.def.getter());
  if (
    schema instanceof z.core.$ZodOptional ||
    schema instanceof z.core.$ZodNullable ||
    schema instanceof z.core.$ZodDefault ||
    schema instanceof z.core.$ZodPrefault ||
    schema instanceof z.core.$ZodReadonly ||
    schema instanceof z.core.$ZodNonOptional ||
    schema instanceof z.core.$ZodCatch
  ) {
    return unwrap(schema._zod.def.innerType);
  }
  return schema;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
