import { createBoundedCache } from '@fairhop/shared/model';
import { getDomain } from 'tldts';

/**
 * What operators write before a router's name in the DNS name of one of its interfaces: `ge5-2`, `10ge1-1`, `ae-1`, `xe-0-0-0`,
 * `be2025`, `if-ae-2-2`. Short words take a number with a separator, for `p1` or `e1` may well be the router itself.
 */
const media = [
  '(?:if-)?(?:ae|xe|ge|te|et|so|fe|gi|fa|hu|gig|eth|irb|lag|bond|lo|tun|en[ops])',
  '(?:hundred|forty|fourhundred|twentyfive|ten|two)?gig(?:abit)?(?:e|ethernet)',
  '(?:\\d{1,3}g(?:e|i|ig|igabitethernet)?|fast-?ethernet|ethernet|bundle-?ether|port-?channel|vlan|loopback|tunnel|serial|bvi)',
];
const numbers = '-?\\d+(?:[-_/:]\\d+)*(?:s\\d+)?';
const separatedNumbers = '-?\\d+(?:[-_/:]\\d+)+';
const interfaceWord = `(?:(?:${media.join('|')})${numbers}|(?:hu|tge|twe|fo|ce|po|pos|be|e|s|p|v)${separatedNumbers}|be-?\\d{2,}|po\\d{1,3}|v\\d{2,4}|lo)`;

const interfaceLabel = new RegExp(`^${interfaceWord}$`);
/** `be-36041-cs04`: the interface and the router in one label. */
const joinedLabel = new RegExp(`^${interfaceWord}-(?=[a-z]{2,}\\d)`);
const unitLabel = /^\d{1,4}$/;

/** As `componentIdSchema` has it for a router's name. */
const routerNamePattern = /^[a-z0-9](?:[a-z0-9._-]{0,252}[a-z0-9])?$/;

export interface RouterName {
  /** The whole name of the interface, in lower case. */
  readonly full: string;
  /** Without the interface: equal for all interfaces of one router. */
  readonly router: string;
  /** The part that was registered: `he.net`, `example.co.uk`. Routers of one network share it. */
  readonly domain: string;
}

/** Routers that many paths cross; an entry takes about 300 bytes. */
const names = createBoundedCache<string, RouterName | null>(20_000);

/** Undefined for what is no name of a host in a domain: `_gateway`, `router`. */
export function readRouterName(text: string): RouterName | undefined {
  const known = names.get(text);
  if (known !== undefined) return known ?? undefined;
  const name = parse(text.toLowerCase().replace(/\.$/, ''));
  names.set(text, name ?? null);
  return name;
}

function parse(full: string): RouterName | undefined {
  if (!routerNamePattern.test(full)) return undefined;
  const domain = getDomain(full, { validateHostname: false });
  if (domain === null || domain.length >= full.length) return undefined;
  const labels = full.slice(0, full.length - domain.length - 1).split('.');
  const rest = withoutInterface(labels);
  return { full, router: `${rest.join('.')}.${domain}`, domain };
}

/** All labels where nothing would be left: then the label that looks like an interface is the router's name. */
function withoutInterface(labels: readonly string[]): readonly string[] {
  const [first = '', second = ''] = labels;
  if (labels.length > 2 && unitLabel.test(first) && interfaceLabel.test(second)) return labels.slice(2);
  if (labels.length > 1 && interfaceLabel.test(first)) return labels.slice(1);
  const joined = joinedLabel.exec(first)?.[0];
  return joined === undefined ? labels : [first.slice(joined.length), ...labels.slice(1)];
}

/** A component's name begins and ends with a letter or digit, which `::1` and `2001:db8::` do not. */
export function routerNameOfAddress(address: string): string {
  return `${address.startsWith(':') ? '0' : ''}${address}${address.endsWith(':') ? '0' : ''}`;
}
