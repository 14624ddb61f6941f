import { describe, expect, test } from 'vitest';
import { internet } from '../internet.js';
import { hostOf } from '../internet-model.js';
import { type Crossing, nextCrossing, startOf } from './crossings.js';
import { trueElements } from './true-elements.js';

const start = (source: string, destination: string): Crossing =>
  startOf(internet, hostOf(internet, source), hostOf(internet, destination)).crossing;
const next = (...[router, device, address]: [string, string, string]): Crossing =>
  nextCrossing(internet, router, device, address).crossing;

const way = {
  source: 'sp3-s1',
  asPath: [64_503, 64_502],
  crossings: [
    start('sp3-s1', 'sp2-s1'),
    next('sp3-bas1', 'ge0-1', '198.18.65.2'),
    next('sp3-cr1', 'xe9-0', '198.19.0.2'),
    next('sp2-br1', 'ge0-1', '198.18.49.1'),
    next('sp2-bas1', 'ge5-1', '198.18.56.2'),
  ],
};
const inSp3 = [
  'switch:sw2.sanjose.sp3.example',
  'internal:sw2.sanjose.sp3.example>bas1.sanjose.sp3.example',
  'router:bas1.sanjose.sp3.example',
  'internal:bas1.sanjose.sp3.example>sw1.sanjose.sp3.example',
  'switch:sw1.sanjose.sp3.example',
  'internal:sw1.sanjose.sp3.example>cr1.sanjose.sp3.example',
  'router:cr1.sanjose.sp3.example',
];
const inSp2 = [
  'router:br1.sanjose.sp2.example',
  'internal:br1.sanjose.sp2.example>bas1.losangeles.sp2.example',
  'router:bas1.losangeles.sp2.example',
];
const peering = 'peering:as:64503>as:64502/bayx-sp2-sp3';
const told = (declared: readonly number[], answered: readonly string[] = []) =>
  trueElements(internet, way, { declaredAsns: new Set(declared), answered: new Set(answered) });
const due = (...input: Parameters<typeof told>) =>
  told(...input).flatMap(({ component, isDue }) => (isDue ? [component] : []));
const level = (own: string[], border: string[], others: string[]) => [
  ...['as:64503', ...own, 'link:as:64503>as:64502', ...border, 'as:64502', ...others],
  ...['isp:sp3', 'isp:sp2'],
];

describe('the parts of a way', () => {
  test('are all there, in the order of travel', () => {
    expect(told([]).map(({ component }) => component)).toEqual(level(inSp3, [peering, 'ixp:bayx'], inSp2));
  });

  test('are due as far as somebody told accounting of them', () => {
    // By BGP the source's router has its next hop on the exchange's LAN.
    expect(due([])).toEqual(level([], ['ixp:bayx'], []));
    expect(due([64_503])).toEqual(level(inSp3, [peering, 'ixp:bayx'], []));
    expect(due([64_502])).toEqual(level([], [peering, 'ixp:bayx'], inSp2));
    expect(due([], ['sp2-br1'])).toEqual(level([], ['ixp:bayx'], [inSp2[0]!]));
  });
});
