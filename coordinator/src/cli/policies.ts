import type { PolicyChange, PolicyState } from '@fairhop/shared/contract';
import { FairhopError, type Policy, type PolicyScope } from '@fairhop/shared/model';
import { formatBitRate, formatTable, parseBitRate } from '@fairhop/shared/service';
import { callAndPrint, parseOption } from './call.js';
import type { CallOptions } from './command-kit.js';
import { parseHours } from './terms.js';

interface SetOptions extends CallOptions {
  readonly component: string;
  readonly capacity: string;
  readonly owner?: string;
  readonly title?: string;
  readonly category?: string;
  readonly hours?: string;
  readonly timeZone: string;
  readonly release: string;
}

export async function setPolicy(id: string, options: SetOptions): Promise<void> {
  const { component, hours, timeZone } = options;
  const body = {
    component,
    capacityBitsPerSecond: parseOption('--capacity', options.capacity, parseBitRate),
    scope: scopeOf(options),
    releasePercent: parseOption('--release', options.release, parsePercent),
    ...(hours !== undefined && { hours: parseHours(hours, timeZone) }),
  };
  await callAndPrint(
    options,
    (client) => client.putPolicy({ params: { id }, body }),
    (policy) => `${policy.id} is set: ${describeTerms(policy)}`,
  );
}

export async function listPolicies(options: CallOptions): Promise<void> {
  await callAndPrint(
    options,
    (client) => client.listPolicies({}),
    ({ policies }) =>
      policies.length === 0
        ? 'there is no policy'
        : formatTable<PolicyState>(
            [
              { header: 'POLICY', cell: ({ id }) => id },
              { header: 'COMPONENT', cell: ({ component }) => component },
              { header: 'TRAFFIC', cell: ({ scope }) => describeScope(scope) },
              { header: 'HOURS', cell: describeHours },
              { header: 'STATE', cell: ({ phase }) => phase },
              {
                header: 'LOAD',
                cell: ({ measuredBitsPerSecond }) =>
                  measuredBitsPerSecond === null ? 'not told' : formatBitRate(measuredBitsPerSecond),
                align: 'right',
              },
              {
                header: 'CAPACITY',
                cell: ({ capacityBitsPerSecond }) => formatBitRate(capacityBitsPerSecond),
                align: 'right',
              },
              { header: 'SET BY', cell: ({ setBy }) => setBy },
            ],
            policies,
          ),
  );
}

export async function showPolicy(id: string, options: CallOptions): Promise<void> {
  await callAndPrint(
    options,
    (client) => client.getPolicy({ params: { id } }),
    (policy) => [...describeState(policy), '', ...policy.history.map(describeChange)].join('\n'),
  );
}

export async function removePolicy(id: string, options: CallOptions): Promise<void> {
  await callAndPrint(
    options,
    (client) => client.removePolicy({ params: { id } }),
    (policy) => `${policy.id} is removed`,
  );
}

function scopeOf({ owner, title, category }: SetOptions): PolicyScope {
  if (owner !== undefined) return { kind: 'owner', owner };
  if (title !== undefined) return { kind: 'title', title };
  return category === undefined ? { kind: 'all' } : { kind: 'category', category };
}

function parsePercent(text: string): number {
  const percent = Number(text.replace(/ ?%$/, ''));
  if (Number.isInteger(percent) && percent >= 10 && percent <= 99) return percent;
  const message = `${JSON.stringify(text)} is no share; 10 to 99 percent is right`;
  throw new FairhopError('invalid-percent', message, { status: 400 });
}

const describeScope = (scope: PolicyScope): string => {
  switch (scope.kind) {
    case 'all':
      return 'all';
    case 'owner':
      return `owner ${scope.owner}`;
    case 'title':
      return `title ${scope.title}`;
    case 'category':
      return `category ${scope.category}`;
  }
};

const describeHours = ({ hours }: Pick<Policy, 'hours'>): string =>
  hours === undefined ? 'always' : `${hours.from}-${hours.to} ${hours.timeZone}`;

const describeTerms = (policy: Policy): string =>
  `${formatBitRate(policy.capacityBitsPerSecond)} over ${policy.component}, traffic: ${describeScope(policy.scope)}, hours: ${describeHours(policy)}`;

const timeText = (timeMs: number): string => `${new Date(timeMs).toISOString().slice(0, 19)}Z`;

const phaseTexts: Readonly<Record<PolicyState['phase'], string>> = {
  resting: 'resting: it is out of its hours',
  open: 'open: there is room',
  acting: 'acting: new transfers go around the component, or share it',
};

function describeState(policy: PolicyState): string[] {
  const { actingSinceMs } = policy;
  const since = actingSinceMs === null ? '' : ` since ${timeText(actingSinceMs)}`;
  return [
    `${policy.id}: ${describeTerms(policy)}; set by ${policy.setBy} ${timeText(policy.changedMs)}`,
    `${phaseTexts[policy.phase]}${since}; released below ${policy.releasePercent} %`,
    ...describeMeasured(policy),
  ];
}

function describeMeasured(policy: PolicyState): string[] {
  const { booked, grants, edgeTransfers, refusals, lowered, revoked } = policy;
  const { measuredBitsPerSecond, grantedBitsPerSecond, expectedBitsPerSecond } = policy;
  if (measuredBitsPerSecond === null || grantedBitsPerSecond === null || expectedBitsPerSecond === null)
    return [
      'load and counts are not told to ISPs: it is about one owner’s or title’s traffic, of which `fairhop query` tells those who have a contract',
    ];
  const bookedText =
    booked === null
      ? 'not told by accounting'
      : `${formatBitRate(booked.bitsPerSecond)} from ${timeText(booked.fromMs)} to ${timeText(booked.toMs)}`;
  return [
    `measured ${formatBitRate(measuredBitsPerSecond)}, granted ${formatBitRate(grantedBitsPerSecond)}, expected ${formatBitRate(expectedBitsPerSecond)}; booked ${bookedText}`,
    `${grants} grants and ${edgeTransfers} transfers of edges are under it; since the start ${refusals} uploaders were left out, ${lowered} grants lowered, ${revoked} ended`,
  ];
}

const describeChange = ({ timeMs, what, by, text }: PolicyChange): string =>
  `${timeText(timeMs)}  ${what.padEnd(8)}  ${by}: ${text}`;
