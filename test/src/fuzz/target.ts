/**
 * Codes of what is malformed in form: it could not be read. All others tell of what could be, and is false: signed by somebody else,
 * over, out of turn, about what is not there.
 */
const UNREADABLE = new Set([
  ...['message-malformed', 'http-400', 'signal-invalid', 'link-failed'],
  ...['token-malformed', 'token-claims', 'receipt-size', 'receipt-version', 'receipt-invalid'],
  ...['invalid-request', 'media-type-unsupported', 'record-invalid'],
]);

export const isUnreadable = (code: string): boolean =>
  UNREADABLE.has(code) || /^(frame|websocket)-/.test(code);

/** What became of the inputs of a run. */
export interface Tally {
  /** The input was turned down with its code; undefined where it has none, which is a fault. */
  refused(code: string | undefined, count?: number): void;
  /** It was malformed in nothing that matters. */
  accepted(count?: number): void;
  /** Something broke that is no refusal. */
  crashed(error: unknown, input: unknown): void;
}

/** Something that strangers' bytes get to. */
export interface FuzzTarget {
  readonly name: string;
  /** Of all inputs of a run that are refused as malformed, in percent. */
  readonly sharePercent: number;
  open(): Promise<OpenTarget>;
}

interface OpenTarget {
  /** Feeds a few hundred inputs, the same ones for the same seed. */
  round(seed: number, tally: Tally): Promise<void>;
  close(): Promise<void>;
}

/** Codes are words with hyphens, and `internal` is none that an input may cause. */
export const codeOf = (error: unknown): string | undefined => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && isCode(code) ? code : undefined;
};

export const isCode = (code: unknown): code is string =>
  typeof code === 'string' && /^[a-z0-9]+(-[a-z0-9]+)+$/.test(code);
