export type NetErrorCode =
  | 'address-malformed'
  | 'prefix-malformed'
  | 'prefix-host-bits-set'
  | 'prefix-duplicate'
  | 'as-graph-invalid'
  | 'as-relationships-malformed'
  | 'as-relationships-unreadable'
  | 'asn-dataset-unreadable'
  | 'asn-dataset-malformed'
  | 'asn-source-timeout'
  | 'asn-source-unavailable'
  | 'asn-source-busy'
  | 'mrt-unreadable'
  | 'mrt-truncated'
  | 'mrt-malformed'
  | 'mrt-too-large';

/** An error of addresses, prefixes, AS sources or the AS graph; `code` is stable, `message` names the value. */
export class NetError extends Error {
  override readonly name: string = 'NetError';

  constructor(
    readonly code: NetErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A value from outside as it may stand in a message: quoted, and never longer than a line. */
export function quoteForMessage(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
