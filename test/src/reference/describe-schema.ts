import { z } from 'zod';
import type { SourceDoc } from './source-docs.js';

/** As much of JSON Schema as zod makes of ours. */
interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly format?: string;
}

export interface FieldRow {
  readonly name: string;
  readonly type: string;
  readonly default: string;
  readonly meaning: string;
}

/** Deeper ones are named by their type alone. */
const MAX_DEPTH = 4;

/** All fields of a schema as rows, those within others by their path: `time.hours.from`, `charges[].plan`. */
export function describeSchema(schema: z.ZodType, doc: SourceDoc): FieldRow[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return [...fieldsOf(json, doc, '', MAX_DEPTH)];
}

function* fieldsOf(schema: JsonSchema, doc: SourceDoc, prefix: string, depth: number): Generator<FieldRow> {
  const shape = objectIn(schema);
  for (const [name, field] of Object.entries(shape.properties ?? {})) {
    const own = doc.property(name);
    const isRequired = shape.required?.includes(name) ?? false;
    const path = `${prefix}${name}${isList(field) ? '[]' : ''}`;
    yield {
      name: path,
      type: typeOf(field),
      default: 'default' in field ? code(JSON.stringify(field.default)) : isRequired ? 'required' : '',
      meaning: own.text,
    };
    const inner = isList(field) ? (field.items ?? {}) : field;
    if (depth <= 1) continue;
    for (const option of alternatives(inner)) {
      const kind = Object.entries(option.properties ?? {}).find(
        ([, value]) => typeof value.const === 'string',
      );
      const at = kind === undefined ? '' : ` (${kind[0]} ${String(kind[1].const)})`;
      yield* fieldsOf(without(option, kind?.[0]), own, `${path}${at}.`, depth - 1);
    }
  }
}

const isList = (schema: JsonSchema): boolean => schema.items !== undefined;
const alternatives = (schema: JsonSchema): readonly JsonSchema[] =>
  schema.oneOf ?? schema.anyOf?.filter(({ properties }) => properties !== undefined) ?? [schema];
/** A refined object stands among what all hold. */
const objectIn = (schema: JsonSchema): JsonSchema =>
  schema.properties === undefined
    ? (schema.allOf?.find(({ properties }) => properties !== undefined) ?? schema)
    : schema;

function without(schema: JsonSchema, name: string | undefined): JsonSchema {
  if (name === undefined || schema.properties === undefined) return schema;
  const { [name]: _, ...properties } = schema.properties;
  return { ...schema, properties };
}

const code = (text: string): string => `\`${text}\``;

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ');
  if (isList(schema)) return `list of ${typeOf(schema.items ?? {})}`;
  const options = schema.oneOf ?? schema.anyOf;
  if (options !== undefined) return [...new Set(options.map(typeOf))].join(' or ');
  if (schema.type === 'integer' || schema.type === 'number') return `${schema.type}${range(schema)}`;
  if (schema.type === 'string') return schema.format === undefined ? 'text' : `text (${schema.format})`;
  if (Array.isArray(schema.type)) return schema.type.join(' or ');
  return String(schema.type ?? 'any');
}

function range({ minimum, maximum }: JsonSchema): string {
  const isBound = (value: number | undefined): value is number =>
    value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  const [low, high] = [isBound(minimum), isBound(maximum)];
  if (low && high) return ` ${minimum} to ${maximum}`;
  return low ? ` from ${minimum}` : high ? ` to ${maximum}` : '';
}
