import type { Home, Host, Internet, NatKind, Port } from './internet-model.js';

const megabit = 1_000_000;
const port = (router: string, name: string, address: string): Port => ({ router, interface: name, address });

/** A home gateway with what most of them have: one private /24, itself at .1. */
const home = (nat: NatKind, lan: string, answersProbes = true): Home => ({
  nat,
  answersProbes,
  lan: `${lan}.0/24`,
  gatewayAddress: `${lan}.1`,
  hostAddress: `${lan}.10`,
});

/** Down and up are those of a slow VDSL line: two cores shall have time to spare while all of them are full. */
const subscriber = (
  host: Pick<Host, 'name' | 'asn' | 'address' | 'gateway' | 'prefixLength'> &
    Partial<Pick<Host, 'home' | 'switch'>>,
): Host => ({
  role: 'subscriber',
  furtherAddresses: [],
  downBitsPerSecond: 20 * megabit,
  upBitsPerSecond: 6 * megabit,
  dnsNames: [`${host.name}.pool.${host.name.split('-')[0]}.example`],
  ...host,
});

/**
 * Two backbones; SP1 and SP2 with two links between them; SP3 with two points of presence and a narrow link between
 * them; the CDN, which reaches SP1 by transit only; the owner's origin behind the first backbone. Numbers are from
 * RFC 5398, addresses from RFC 2544.
 */
export const internet: Internet = {
  networks: [
    { asn: 64_496, name: 'Northern Backbone', isp: 'north', country: 'US', prefix: '198.18.0.0/20' },
    { asn: 64_497, name: 'Southern Backbone', isp: 'south', country: 'US', prefix: '198.18.16.0/20' },
    { asn: 64_500, name: 'Fairhop CDN', isp: 'cdn', country: 'US', prefix: '198.18.128.0/20' },
    { asn: 64_501, name: 'Service Provider One', isp: 'sp1', country: 'US', prefix: '198.18.32.0/20' },
    { asn: 64_502, name: 'Service Provider Two', isp: 'sp2', country: 'US', prefix: '198.18.48.0/20' },
    { asn: 64_503, name: 'Service Provider Three', isp: 'sp3', country: 'US', prefix: '198.18.64.0/20' },
    { asn: 64_510, name: 'Owner', isp: 'owner', country: 'US', prefix: '198.18.144.0/20' },
  ],
  exchanges: [
    {
      id: 'bayx',
      name: 'Bay Exchange',
      place: 'us/ca/sanjose',
      lan: '198.19.0.0/24',
      ports: [
        { ...port('sp1-br1', 'xe9-0', '198.19.0.1'), rateBitsPerSecond: 100 * megabit },
        { ...port('sp2-br1', 'xe9-0', '198.19.0.2'), rateBitsPerSecond: 100 * megabit },
        { ...port('sp3-cr1', 'xe9-0', '198.19.0.3'), rateBitsPerSecond: 100 * megabit },
        { ...port('cdn-cr1', 'xe9-0', '198.19.0.10'), rateBitsPerSecond: 100 * megabit },
      ],
    },
  ],
  routers: [
    router('north-cr1', 64_496, 'cr1.losangeles.north', 'us/ca/losangeles', '198.18.0.1'),
    router('north-cr2', 64_496, 'cr1.dallas.north', 'us/tx/dallas', '198.18.0.2'),
    router('south-cr1', 64_497, 'cr1.sacramento.south', 'us/ca/sacramento', '198.18.16.1'),
    router('cdn-cr1', 64_500, 'cr1.sanjose.cdn', 'us/ca/sanjose', '198.18.128.1'),
    router('sp1-bas1', 64_501, 'bas1-m.sanjose.sp1', 'us/ca/sanjose', '198.18.32.1'),
    router('sp1-br1', 64_501, 'br1.sanjose.sp1', 'us/ca/sanjose', '198.18.32.2'),
    router('sp1-br2', 64_501, 'br1.losangeles.sp1', 'us/ca/losangeles', '198.18.32.3'),
    {
      ...router('sp2-bas1', 64_502, 'bas1.losangeles.sp2', 'us/ca/losangeles', '198.18.48.1'),
      addPaths: true,
    },
    router('sp2-br1', 64_502, 'br1.sanjose.sp2', 'us/ca/sanjose', '198.18.48.2'),
    router('sp2-br2', 64_502, 'br1.losangeles.sp2', 'us/ca/losangeles', '198.18.48.3'),
    {
      ...router('sp3-bas1', 64_503, 'bas1.sanjose.sp3', 'us/ca/sanjose', '198.18.64.1'),
      dumpCompression: 'gzip',
    },
    router('sp3-cr1', 64_503, 'cr1.sanjose.sp3', 'us/ca/sanjose', '198.18.64.2'),
    router('sp3-cr2', 64_503, 'cr1.sacramento.sp3', 'us/ca/sacramento', '198.18.64.3'),
    {
      ...router('sp3-bas2', 64_503, 'bas1.sacramento.sp3', 'us/ca/sacramento', '198.18.64.4'),
      dumpCompression: 'bzip2',
    },
    router('owner-cr1', 64_510, 'cr1.dallas.owner', 'us/tx/dallas', '198.18.144.1'),
  ],
  switches: [
    { name: 'sp3-sw1', asn: 64_503, dnsName: 'sw1.sanjose.sp3.example', place: 'us/ca/sanjose' },
    { name: 'sp3-sw2', asn: 64_503, dnsName: 'sw2.sanjose.sp3.example', place: 'us/ca/sanjose' },
    { name: 'sp3-sw3', asn: 64_503, dnsName: 'sw1.sacramento.sp3.example', place: 'us/ca/sacramento' },
  ],
  internalLinks: [
    {
      name: 'north-losangeles-dallas',
      ends: [port('north-cr1', 'xe0-0', '198.18.1.1'), port('north-cr2', 'xe0-0', '198.18.1.2')],
      metric: 10,
    },
    {
      name: 'sp1-bas1-br1',
      ends: [port('sp1-bas1', 'ge0-1', '198.18.33.1'), port('sp1-br1', 'ge0-1', '198.18.33.2')],
      metric: 10,
    },
    {
      name: 'sp1-bas1-br2',
      ends: [port('sp1-bas1', 'ge0-2', '198.18.33.5'), port('sp1-br2', 'ge0-2', '198.18.33.6')],
      metric: 25,
    },
    {
      name: 'sp1-br1-br2',
      ends: [port('sp1-br1', 'ge0-3', '198.18.33.9'), port('sp1-br2', 'ge0-3', '198.18.33.10')],
      metric: 20,
    },
    {
      name: 'sp2-bas1-br1',
      ends: [port('sp2-bas1', 'ge0-1', '198.18.49.1'), port('sp2-br1', 'ge0-1', '198.18.49.2')],
      metric: 25,
    },
    {
      name: 'sp2-bas1-br2',
      ends: [port('sp2-bas1', 'ge0-2', '198.18.49.5'), port('sp2-br2', 'ge0-2', '198.18.49.6')],
      metric: 10,
    },
    {
      name: 'sp2-br1-br2',
      ends: [port('sp2-br1', 'ge0-3', '198.18.49.9'), port('sp2-br2', 'ge0-3', '198.18.49.10')],
      metric: 20,
    },
    {
      name: 'sp3-bas1-cr1',
      ends: [port('sp3-bas1', 'ge0-1', '198.18.65.1'), port('sp3-cr1', 'ge0-1', '198.18.65.2')],
      metric: 10,
      switch: 'sp3-sw1',
    },
    {
      name: 'sp3-cr1-cr2',
      ends: [port('sp3-cr1', 'xe0-0', '198.18.65.5'), port('sp3-cr2', 'xe0-0', '198.18.65.6')],
      metric: 50,
      // Narrower than what the two points of presence can ask of each other.
      rateBitsPerSecond: 15 * megabit,
    },
    {
      name: 'sp3-cr2-bas2',
      ends: [port('sp3-cr2', 'ge0-1', '198.18.65.9'), port('sp3-bas2', 'ge0-1', '198.18.65.10')],
      metric: 10,
    },
  ],
  peerings: [
    {
      name: 'sp1-sp2-sanjose',
      relationship: 'peer',
      ends: [port('sp1-br1', 'ge1-0', '198.18.34.1'), port('sp2-br1', 'ge1-0', '198.18.34.2')],
      over: { kind: 'line', rateBitsPerSecond: 40 * megabit },
    },
    {
      name: 'sp1-sp2-losangeles',
      relationship: 'peer',
      ends: [port('sp1-br2', 'ge1-0', '198.18.50.2'), port('sp2-br2', 'ge1-0', '198.18.50.1')],
      over: { kind: 'line', rateBitsPerSecond: 40 * megabit },
    },
    {
      name: 'sp1-north',
      relationship: 'customer-of',
      ends: [port('sp1-br2', 'ge2-0', '198.18.2.2'), port('north-cr1', 'ge2-1', '198.18.2.1')],
      over: { kind: 'line', rateBitsPerSecond: 40 * megabit },
    },
    {
      name: 'sp2-north',
      relationship: 'customer-of',
      ends: [port('sp2-br2', 'ge2-0', '198.18.2.6'), port('north-cr1', 'ge2-2', '198.18.2.5')],
      over: { kind: 'line', rateBitsPerSecond: 40 * megabit },
    },
    {
      name: 'owner-north',
      relationship: 'customer-of',
      ends: [port('owner-cr1', 'ge2-0', '198.18.2.10'), port('north-cr2', 'ge2-1', '198.18.2.9')],
      over: { kind: 'line', rateBitsPerSecond: 40 * megabit },
    },
    {
      name: 'sp2-south',
      relationship: 'customer-of',
      ends: [port('sp2-br1', 'ge2-0', '198.18.18.2'), port('south-cr1', 'ge2-1', '198.18.18.1')],
      over: { kind: 'line', rateBitsPerSecond: 40 * megabit },
    },
    {
      name: 'sp3-south',
      relationship: 'customer-of',
      ends: [port('sp3-cr2', 'ge2-0', '198.18.18.6'), port('south-cr1', 'ge2-2', '198.18.18.5')],
      over: { kind: 'line', rateBitsPerSecond: 40 * megabit },
    },
    {
      name: 'cdn-south',
      relationship: 'customer-of',
      ends: [port('cdn-cr1', 'ge2-0', '198.18.18.10'), port('south-cr1', 'ge2-3', '198.18.18.9')],
      over: { kind: 'line', rateBitsPerSecond: 40 * megabit },
    },
    {
      name: 'north-south',
      relationship: 'peer',
      ends: [port('north-cr2', 'xe1-0', '198.18.3.1'), port('south-cr1', 'xe1-0', '198.18.3.2')],
      over: { kind: 'line', rateBitsPerSecond: 100 * megabit },
    },
    {
      name: 'bayx-sp1-sp3',
      relationship: 'peer',
      ends: [port('sp1-br1', 'xe9-0', '198.19.0.1'), port('sp3-cr1', 'xe9-0', '198.19.0.3')],
      over: { kind: 'exchange', exchange: 'bayx' },
    },
    {
      name: 'bayx-sp2-sp3',
      relationship: 'peer',
      ends: [port('sp2-br1', 'xe9-0', '198.19.0.2'), port('sp3-cr1', 'xe9-0', '198.19.0.3')],
      over: { kind: 'exchange', exchange: 'bayx' },
    },
    {
      name: 'bayx-cdn-sp2',
      relationship: 'peer',
      ends: [port('cdn-cr1', 'xe9-0', '198.19.0.10'), port('sp2-br1', 'xe9-0', '198.19.0.2')],
      over: { kind: 'exchange', exchange: 'bayx' },
    },
    {
      name: 'bayx-cdn-sp3',
      relationship: 'peer',
      ends: [port('cdn-cr1', 'xe9-0', '198.19.0.10'), port('sp3-cr1', 'xe9-0', '198.19.0.3')],
      over: { kind: 'exchange', exchange: 'bayx' },
    },
  ],
  pools: [
    { prefix: '198.18.40.0/22', router: 'sp1-bas1' },
    { prefix: '198.18.56.0/22', router: 'sp2-bas1' },
    { prefix: '198.18.72.0/24', router: 'sp3-bas1' },
    { prefix: '198.18.76.0/24', router: 'sp3-bas2' },
    { prefix: '198.18.130.0/24', router: 'cdn-cr1' },
    { prefix: '198.18.146.0/24', router: 'owner-cr1' },
  ],
  hosts: [
    subscriber({
      name: 'sp1-s1',
      asn: 64_501,
      address: '198.18.40.2',
      gateway: port('sp1-bas1', 'ge5-1', '198.18.40.1'),
      prefixLength: 30,
    }),
    subscriber({
      name: 'sp1-s2',
      asn: 64_501,
      address: '198.18.40.6',
      gateway: port('sp1-bas1', 'ge5-2', '198.18.40.5'),
      prefixLength: 30,
    }),
    // Two homes with the same private addresses, as most have.
    subscriber({
      name: 'sp1-n1',
      asn: 64_501,
      address: '198.18.40.10',
      gateway: port('sp1-bas1', 'ge5-3', '198.18.40.9'),
      prefixLength: 30,
      home: home('endpoint-independent', '192.168.1'),
    }),
    subscriber({
      name: 'sp1-n2',
      asn: 64_501,
      address: '198.18.40.14',
      gateway: port('sp1-bas1', 'ge5-4', '198.18.40.13'),
      prefixLength: 30,
      home: home('endpoint-independent', '192.168.1'),
    }),
    subscriber({
      name: 'sp2-s1',
      asn: 64_502,
      address: '198.18.56.2',
      gateway: port('sp2-bas1', 'ge5-1', '198.18.56.1'),
      prefixLength: 30,
    }),
    subscriber({
      name: 'sp2-s2',
      asn: 64_502,
      address: '198.18.56.14',
      gateway: port('sp2-bas1', 'ge5-4', '198.18.56.13'),
      prefixLength: 30,
    }),
    subscriber({
      name: 'sp2-n1',
      asn: 64_502,
      address: '198.18.56.6',
      gateway: port('sp2-bas1', 'ge5-2', '198.18.56.5'),
      prefixLength: 30,
      home: home('endpoint-independent', '192.168.0'),
    }),
    subscriber({
      name: 'sp2-n2',
      asn: 64_502,
      address: '198.18.56.10',
      gateway: port('sp2-bas1', 'ge5-3', '198.18.56.9'),
      prefixLength: 30,
      home: home('endpoint-dependent', '192.168.178'),
    }),
    subscriber({
      name: 'sp3-s1',
      asn: 64_503,
      address: '198.18.72.10',
      gateway: port('sp3-bas1', 'ge5-0', '198.18.72.1'),
      prefixLength: 24,
      switch: 'sp3-sw2',
    }),
    subscriber({
      name: 'sp3-n1',
      asn: 64_503,
      address: '198.18.72.11',
      gateway: port('sp3-bas1', 'ge5-0', '198.18.72.1'),
      prefixLength: 24,
      switch: 'sp3-sw2',
      home: home('endpoint-independent', '192.168.2', false),
    }),
    subscriber({
      name: 'sp3-s2',
      asn: 64_503,
      address: '198.18.76.10',
      gateway: port('sp3-bas2', 'ge5-0', '198.18.76.1'),
      prefixLength: 24,
      switch: 'sp3-sw3',
    }),
    subscriber({
      name: 'sp3-n2',
      asn: 64_503,
      address: '198.18.76.11',
      gateway: port('sp3-bas2', 'ge5-0', '198.18.76.1'),
      prefixLength: 24,
      switch: 'sp3-sw3',
      home: home('endpoint-dependent', '192.168.3'),
    }),
    {
      name: 'cdn-services',
      role: 'services',
      asn: 64_500,
      address: '198.18.130.2',
      furtherAddresses: [],
      gateway: port('cdn-cr1', 'ge5-1', '198.18.130.1'),
      prefixLength: 30,
      downBitsPerSecond: 200 * megabit,
      upBitsPerSecond: 200 * megabit,
      dnsNames: ['services.cdn.example'],
    },
    {
      name: 'cdn-edge',
      role: 'edge',
      asn: 64_500,
      address: '198.18.130.6',
      furtherAddresses: [],
      gateway: port('cdn-cr1', 'ge5-2', '198.18.130.5'),
      prefixLength: 30,
      downBitsPerSecond: 100 * megabit,
      upBitsPerSecond: 100 * megabit,
      dnsNames: ['edge.cdn.example'],
    },
    {
      name: 'cdn-infra',
      role: 'infrastructure',
      asn: 64_500,
      address: '198.18.130.18',
      furtherAddresses: ['198.18.130.19', '198.18.130.20'],
      gateway: port('cdn-cr1', 'ge5-3', '198.18.130.17'),
      prefixLength: 28,
      downBitsPerSecond: 200 * megabit,
      upBitsPerSecond: 200 * megabit,
      dnsNames: ['ns.cdn.example', 'stun.cdn.example', 'stun2.cdn.example'],
    },
    {
      name: 'owner-origin',
      role: 'origin',
      asn: 64_510,
      address: '198.18.146.2',
      furtherAddresses: [],
      gateway: port('owner-cr1', 'ge5-1', '198.18.146.1'),
      prefixLength: 30,
      downBitsPerSecond: 100 * megabit,
      upBitsPerSecond: 100 * megabit,
      dnsNames: ['origin.owner.example'],
    },
  ],
  ports: {
    coordinator: 4_601,
    accounting: 4_602,
    edge: 4_603,
    origin: 8_080,
    stun: [3_478, 3_479],
    ephemeral: [40_000, 60_999],
  },
  events: {
    routeChanges: [
      // Lower than what a provider's routes have: SP3 leaves the exchange for its transit.
      { name: 'sp3-leaves-exchange', router: 'sp3-cr1', peering: 'bayx-sp1-sp3', localPreference: 50 },
    ],
    linkFailures: [{ name: 'sanjose-cut', peering: 'sp1-sp2-sanjose' }],
  },
};

function router(name: string, asn: number, label: string, place: string, loopback: string) {
  return { name, asn, dnsName: `${label}.example`, place, loopback };
}
