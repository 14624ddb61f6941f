import { z } from 'zod';

/** One wrong field: `path` in dots (`agreements.0.isp`, empty for the whole), `message` says what would be right. */
export interface FieldError {
  path: string;
  message: string;
}

export interface FairhopErrorOptions {
  /**
   * HTTP status (RFC 9110) that tells another party of this error. Without one the error is nobody else's
   * business: a service answers 500 `internal` and keeps the message in its log.
   */
  status?: number;
  errors?: readonly FieldError[];
  /** Facts for programs (the current revision, the limit). They travel with the problem, so: no secrets. */
  details?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/**
 * The error of the house. `code` is stable and in kebab-case; the message names the thing, its value and what
 * would be right.
 */
export class FairhopError extends Error {
  override readonly name = 'FairhopError';
  readonly code: string;
  readonly status: number | undefined;
  readonly errors: readonly FieldError[] | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: string, message: string, options: FairhopErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.errors = options.errors;
    this.details = options.details;
  }
}

export const problemMediaType = 'application/problem+json';
const problemTypePrefix = 'https://fairhop.dev/problems/';

/** Problem details of RFC 9457 with `code`, `errors` and `details` as extension members. */
export const problemSchema = z.object({
  type: z.string().max(500),
  title: z.string().max(500),
  status: z.int().min(400).max(599),
  code: z
    .string()
    .max(100)
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  detail: z.string().max(20_000),
  errors: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .max(1000)
    .optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});
export type Problem = z.infer<typeof problemSchema>;

/** Most wrong fields told in one problem: the first hundred say enough, and answers stay small. */
const reportedErrorsLimit = 100;

/** What another party is told of an error. Anything without a status becomes 500 `internal` without its message. */
export function toProblem(error: unknown): Problem {
  if (!(error instanceof FairhopError) || error.status === undefined) {
    return problemOf('internal', 500, 'An internal error; the log of the service tells more.');
  }
  const problem = problemOf(error.code, error.status, error.message);
  if (error.errors)
    problem.errors = error.errors.slice(0, reportedErrorsLimit).map((field) => ({ ...field }));
  if (error.details) problem.details = { ...error.details };
  return problem;
}

/** The error that a received problem stands for, with the same code and status. */
export function fromProblem(problem: Problem): FairhopError {
  return new FairhopError(problem.code, problem.detail, {
    status: problem.status,
    ...(problem.errors && { errors: problem.errors }),
    ...(problem.details && { details: problem.details }),
  });
}

/**
 * Wrong fields of a value that did not match its schema; `prefix` is put before each path. An unknown key is told by its
 * own path, and of a union that nothing matched the variant that came closest.
 */
export function fieldErrors(error: z.core.$ZodError, prefix: readonly PropertyKey[] = []): FieldError[] {
  return error.issues.flatMap((issue) => issueErrors(issue, prefix));
}

function issueErrors(issue: z.core.$ZodIssue, prefix: readonly PropertyKey[]): FieldError[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: joinPath([...path, key]),
      message: 'is not known here; leave it out',
    }));
  }
  if (issue.code === 'invalid_union') {
    const variants = issue.errors.map((issues) => issues.flatMap((inner) => issueErrors(inner, path)));
    const [closest] = variants.sort(
      (left, right) => depth(right) - depth(left) || left.length - right.length,
    );
    if (closest && depth(closest) > path.length) return closest;
  }
  return [{ path: joinPath(path), message: issue.message }];
}

function joinPath(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}

function depth(errors: readonly FieldError[]): number {
  return Math.max(0, ...errors.map(({ path }) => (path === '' ? 0 : path.split('.').length)));
}

function problemOf(code: string, status: number, detail: string): Problem {
  const words = code.replaceAll('-', ' ');
  const title = words.charAt(0).toUpperCase() + words.slice(1);
  return { type: problemTypePrefix + code, title, status, code, detail };
}
