import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { FairhopError, type FieldError, fieldErrors } from '../model/errors.js';
import { errorCode } from './atomic-file.js';
import {
  asObject,
  type ConfigKey,
  coerceText,
  isOptionalObject,
  isPlainObject,
  listKeys,
  unknownKeys,
} from './config-schema.js';
import { nearestName } from './nearest-name.js';

export interface ConfigInput<Schema extends z.ZodObject> {
  /** Keys in camel case. Objects inside may leave out what has a default, and be left out where all has one. */
  schema: Schema;
  /** Name of the service, as in `FAIRHOP_<NAME>_<KEY>`. */
  name: string;
  /** Path of a JSON file. */
  file?: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  /** By key, an inner one with dots (`cache.sizeBytes`). Undefined ones were not given; texts are read as in `env`. */
  flags: Readonly<Record<string, unknown>>;
  /** What the user types for a key that is not its name in kebab case, such as `{ host: '--bind' }`. */
  flagNames?: Readonly<Record<string, string>>;
}

/** One line of the configuration; a secret's value is not shown. `source` is `default`, or where it was given. */
export interface ConfigEntry {
  path: string;
  value: unknown;
  source: string;
}

export interface LoadedConfig<Config> {
  config: Config;
  /** All keys in the order of the schema. */
  entries: ConfigEntry[];
}

/**
 * The configuration of a service: defaults of the schema, then the file, then `FAIRHOP_<NAME>_<KEY>` (inner keys joined
 * with `_`, upper snake case), then flags.
 * Throws `invalid-config` (400) with all that is wrong: path, source, value, and what would be right.
 */
export function loadConfig<Schema extends z.ZodObject>(
  input: ConfigInput<Schema>,
): LoadedConfig<z.output<Schema>> {
  const keys = listKeys(input.schema);
  const draft = new Draft(input.schema, keys);
  if (input.file !== undefined) draft.addTree(readConfigFile(input.file), `file ${input.file}`);
  addEnvironment(draft, input, keys);
  for (const [path, value] of Object.entries(input.flags)) {
    const name = input.flagNames?.[path] ?? `--${kebabCase(path)}`;
    if (value !== undefined) draft.addValue(path, value, `flag ${name}`);
  }
  const parsed = input.schema.safeParse(draft.tree);
  const errors = [...draft.errors, ...(parsed.success ? [] : schemaErrors(parsed.error, draft))];
  if (errors.length > 0 || !parsed.success) throw invalidConfig(input.name, errors);
  return {
    config: parsed.data,
    entries: keys.filter((key) => key.isLeaf).map((key) => entryOf(key, parsed.data, draft)),
  };
}

/** What `--print-config` shows: `key = value  # source`, one line a key, secrets left out. */
export function printConfig(loaded: LoadedConfig<unknown>): string {
  return loaded.entries
    .map(({ path, value, source }) => `${path} = ${JSON.stringify(value) ?? '(not set)'}  # ${source}`)
    .join('\n');
}

class Draft {
  readonly tree: Record<string, unknown>;
  readonly errors: FieldError[] = [];
  readonly #sources = new Map<string, string>();
  readonly #schema: z.ZodObject;
  readonly #keys: ReadonlyMap<string, ConfigKey>;

  constructor(schema: z.ZodObject, keys: readonly ConfigKey[]) {
    this.#schema = schema;
    this.#keys = new Map(keys.map((key) => [key.path.join('.'), key]));
    this.tree = emptyTree(schema);
  }

  addTree(tree: unknown, source: string): void {
    if (!isPlainObject(tree)) {
      this.errors.push({ path: '', message: `${source} holds ${shorten(tree)}; a JSON object is right` });
      return;
    }
    this.#refuseUnknown(unknownKeys(this.#schema, tree), source);
    this.#merge(tree, [], source);
  }

  addValue(path: string, given: unknown, source: string): void {
    const key = this.#keys.get(path);
    if (!key) {
      this.#refuseUnknown([{ path: path.split('.'), known: [...this.#keys.keys()] }], source);
      return;
    }
    const value = typeof given === 'string' ? coerceText(key.schema, given) : given;
    this.#refuseUnknown(unknownKeys(key.schema, value, key.path), source);
    this.#put(key, value, source);
  }

  sourceOf(path: readonly PropertyKey[]): string {
    for (let length = path.length; length > 0; length -= 1) {
      const source = this.#sources.get(path.slice(0, length).join('.'));
      if (source !== undefined) return source;
    }
    return 'default';
  }

  #merge(tree: Record<string, unknown>, path: readonly string[], source: string): void {
    for (const [name, value] of Object.entries(tree)) {
      const key = this.#keys.get([...path, name].join('.'));
      if (key) this.#put(key, value, source);
    }
  }

  #put(key: ConfigKey, value: unknown, source: string): void {
    if (!key.isLeaf && isPlainObject(value)) {
      this.#merge(value, key.path, source);
      return;
    }
    let target = this.tree;
    for (const name of key.path.slice(0, -1)) {
      if (!isPlainObject(target[name])) target[name] = {};
      target = target[name] as Record<string, unknown>;
    }
    target[key.path.at(-1)!] = value;
    this.#sources.set(key.path.join('.'), source);
  }

  #refuseUnknown(unknown: ReturnType<typeof unknownKeys>, source: string): void {
    for (const { path, known } of unknown) {
      const name = known.some((candidate) => candidate.includes('.')) ? path.join('.') : path.at(-1)!;
      this.errors.push({ path: path.join('.'), message: `${source}: no such key${suggestion(name, known)}` });
    }
  }
}

function addEnvironment(draft: Draft, input: ConfigInput<z.ZodObject>, keys: readonly ConfigKey[]): void {
  const prefix = `FAIRHOP_${snakeCase(input.name)}_`;
  const pathByVariable = new Map(
    keys.map(({ path }) => [prefix + path.map(snakeCase).join('_'), path.join('.')]),
  );
  if (pathByVariable.size < keys.length)
    throw new Error(`two keys of ${input.name} share an environment variable`);
  for (const [variable, text] of Object.entries(input.env)) {
    if (!variable.startsWith(prefix) || text === undefined) continue;
    const path = pathByVariable.get(variable);
    if (path !== undefined) draft.addValue(path, text, `environment ${variable}`);
    else {
      const message = `environment ${variable}: no such variable${suggestion(variable, [...pathByVariable.keys()])}`;
      draft.errors.push({ path: variable, message });
    }
  }
}

function readConfigFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = errorCode(error) ?? (error instanceof Error ? error.message : String(error));
    const message = `configuration file ${file} cannot be read (${reason}); a readable JSON file is right`;
    throw new FairhopError('invalid-config', message, { status: 400, cause: error });
  }
}

/** Objects that must be there are there, so that the defaults inside them apply. */
function emptyTree(schema: z.core.$ZodType): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(asObject(schema)?._zod.def.shape ?? {})) {
    if (asObject(inner) && !isOptionalObject(inner)) tree[name] = emptyTree(inner);
  }
  return tree;
}

function schemaErrors(error: z.core.$ZodError, draft: Draft): FieldError[] {
  return fieldErrors(error).map(({ path, message }) => {
    const names = path.split('.');
    const value = valueAt(draft.tree, names);
    if (value === undefined) return { path, message: `not set; ${message}` };
    const shown = names.some(isSecretName) ? 'a secret' : shorten(value);
    return { path, message: `${draft.sourceOf(names)} gives ${shown}; ${message}` };
  });
}

function invalidConfig(name: string, errors: FieldError[]): FairhopError {
  const list = errors.map(({ path, message }) => `${path || 'the whole'}: ${message}`).join(' | ');
  return new FairhopError('invalid-config', `configuration of ${name}: ${list}`, { status: 400, errors });
}

function entryOf(key: ConfigKey, config: unknown, draft: Draft): ConfigEntry {
  const value = valueAt(config, key.path);
  return {
    path: key.path.join('.'),
    value: value !== undefined && key.path.some(isSecretName) ? '(secret)' : hideSecrets(value),
    source: draft.sourceOf(key.path),
  };
}

function hideSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideSecrets);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      isSecretName(name) ? '(secret)' : hideSecrets(inner),
    ]),
  );
}

function isSecretName(name: string): boolean {
  return /(token|secret|key|password)$/i.test(name);
}

function valueAt(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((node, name) => {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, name)) return undefined;
    return (node as Record<string, unknown>)[name];
  }, tree);
}

function suggestion(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? `; known are ${known.join(', ')}` : `; did you mean ${nearest}?`;
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase();
}

function kebabCase(path: string): string {
  return path.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
}
