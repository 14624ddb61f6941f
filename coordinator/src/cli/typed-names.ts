import { FairhopError, type FieldError } from '@fairhop/shared/model';

/** What a user typed for a field, and what would be right where the field's own message does not say it. */
interface TypedName {
  readonly name: string;
  readonly expected?: string;
}

const typedNames: Readonly<Record<string, TypedName>> = {
  'params.owner': { name: '<owner>' },
  'params.name': { name: '--name' },
  'params.isp': { name: '<isp>' },
  'params.id': { name: '<id>' },
  'params.keyId': { name: '<key-id>' },
  'params.agent': {
    name: '<agent>',
    expected: 'must be an agent’s key of 43 characters, as `fairhop status` shows it',
  },
  'query.agent': { name: '--agent', expected: 'must be an agent’s key of 43 characters' },
  'query.limit': { name: '--limit', expected: 'must be 1 to 1000' },
  'body.untilMs': { name: '--until', expected: 'must be a date from 1970 on, such as 2026-12-31' },
  'body.suspicions.0.message': { name: '--reason', expected: 'must have at most 500 characters' },
  'body.suspicions.0.evidence': {
    name: '--evidence',
    expected: 'must be at most 32, of 4096 characters each',
  },
  'query.owner': { name: '--owner' },
  'body.name': { name: '--display-name', expected: 'must have 1 to 200 characters' },
  'body.publicKey': { name: '--public-key' },
  'body.permitUrl': { name: '--permit-url', expected: 'must be an http or https URL' },
  'body.networks': { name: '--networks', expected: 'must be networks such as 192.0.2.0/24 or 2001:db8::/32' },
  'body.maxRateBitsPerSecond': { name: '--rate', expected: 'must be at least 1bit/s, such as 10Mbit/s' },
  'body.component': { name: '--component' },
  'body.capacityBitsPerSecond': {
    name: '--capacity',
    expected: 'must be at least 64kbit/s, such as 30Mbit/s',
  },
  'body.scope.owner': { name: '--owner' },
  'body.scope.title': { name: '--title' },
  'body.scope.category': { name: '--category' },
  'body.hours.timeZone': { name: '--time-zone' },
  'body.hours': { name: '--hours', expected: 'must be HH:MM-HH:MM, such as 18:00-06:00' },
  'body.monthlyBytesPerSubscriber': { name: '--monthly-bytes' },
  'body.monthlyBytesTotal': { name: '--monthly-bytes-total' },
  'body.categories': { name: '--category' },
  'body.price': { name: '--price', expected: 'must be a price such as 0.002EUR' },
  'body.validFromMs': { name: '--from', expected: 'must be a date from 1970 on, such as 2026-12-31' },
  'body.validUntilMs': { name: '--until', expected: 'must be a date from 1970 on, such as 2026-12-31' },
  'body.url': { name: '<url>', expected: 'must be an http or https URL' },
  'body.costMapUrl': { name: '--cost-map', expected: 'must be an http or https URL' },
  'body.networkMap': { name: '--network-map' },
  'body.costMap': { name: '--cost-map' },
  'body.category': { name: '--category' },
  'body.mediaType': { name: '--media-type' },
  'body.metadata': {
    name: '--meta',
    expected: 'must be at most 32 of key=value, keys up to 64 and values up to 1024 characters',
  },
  'body.origin': { name: '--origin', expected: 'must be an http or https URL' },
  'body.fileName': { name: '--name' },
  'body.rules.peerCountries': {
    name: '--peer-country',
    expected: 'must be two capital letters (ISO 3166-1), such as PT',
  },
  'claims.iss': { name: '--isp' },
  'claims.aud': { name: '--coordinator-id', expected: 'must have 1 to 128 characters' },
  'claims.nbf': { name: '--from' },
  'claims.exp': { name: '--until' },
};

/** Wrong fields in the words of the command line: each option or argument once. */
export function tellAsTyped(errors: readonly FieldError[]): string {
  const told = errors.map(({ path, message }) => {
    const typed = typedNameOf(path);
    return typed === undefined ? `${path}: ${message}` : `${typed.name}: ${typed.expected ?? message}`;
  });
  return [...new Set(told)].join('; ');
}

/** A request that the coordinator refused, told by what was typed; any other error as it is. */
export function asTyped(error: unknown): unknown {
  if (!(error instanceof FairhopError) || error.code !== 'invalid-request' || !error.errors?.length)
    return error;
  const { code, status = 400, errors } = error;
  return new FairhopError(code, tellAsTyped(errors), { status, errors, cause: error });
}

/** Of the field itself, else of the nearest one that it is part of. */
function typedNameOf(path: string): TypedName | undefined {
  const parts = path.split('.');
  for (let length = parts.length; length > 0; length -= 1) {
    const typed = typedNames[parts.slice(0, length).join('.')];
    if (typed !== undefined) return typed;
  }
  return undefined;
}
