import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  gatewayOf,
  parseLinuxIpv6Routes,
  parseLinuxRoutes,
  parseRouteGet,
  parseRoutePrint,
} from './routes.js';

// Tables of real systems: Linux 6.1 in a network namespace; Windows 10 and macOS as their users published them.

const linux = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	020013C6	0003	0	0	0	00000000	0	0	0
eth1	00000000	030013C6	0003	0	0	100	00000000	0	0	0
eth0	0000000A	040013C6	0003	0	0	0	000000FF	0	0	0
eth0	000013C6	00000000	0001	0	0	0	00FFFFFF	0	0	0
`;
const linuxIpv6 = `20010db8000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000001 00000000 00000001    eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 20010db8000000000000000000000002 00000400 00000002 00000000 00000003    eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo
`;
const windowsGerman = `IPv4-Routentabelle
===========================================================================
Aktive Routen:
     Netzwerkziel    Netzwerkmaske          Gateway    Schnittstelle Metrik
          0.0.0.0          0.0.0.0      192.168.2.1    192.168.2.105     35
         10.0.0.0        255.0.0.0      192.168.2.9    192.168.2.105     36
        127.0.0.0        255.0.0.0   Auf Verbindung         127.0.0.1    331
      192.168.2.0    255.255.255.0   Auf Verbindung     192.168.2.105    291
===========================================================================
`;
const windowsIpv6 = `IPv6 Route Table
===========================================================================
Active Routes:
 If Metric Network Destination      Gateway
 13    281 ::/0                     fe80::1
  1    306 ::1/128                  On-link
 13    276 fd99:4c5b:5525:d80b::/64 On-link
 13    276 2001:db8:5525:d80b:4c5b::/80
                                    fe80::2
 13    276 fd99:4c5b:5525:d80b::1/128
                                    On-link
`;
const macos = `   route to: 1.1.1.1
destination: 1.1.1.1
    gateway: 192.168.0.1
  interface: en0
      flags: <UP,GATEWAY,HOST,DONE,WASCLONED,IFSCOPE,IFREF>
`;

it('Linux: the longest prefix, then the lowest metric', () => {
  const routes = parseLinuxRoutes(linux, 'LE');
  expect(gatewayOf(routes, '192.0.2.1')).toBe('198.19.0.2');
  expect(gatewayOf(routes, '10.1.2.3')).toBe('198.19.0.4');
  expect(gatewayOf(parseLinuxIpv6Routes(linuxIpv6), '2001:db8:9::1')).toBe('2001:db8::2');
  expect(gatewayOf(routes, '2001:db8:9::1')).toBeUndefined();
});

it('Windows, in any language', () => {
  const routes = parseRoutePrint(windowsGerman);
  expect(gatewayOf(routes, '192.0.2.1')).toBe('192.168.2.1');
  expect(gatewayOf(routes, '10.0.0.1')).toBe('192.168.2.9');
  const six = parseRoutePrint(windowsIpv6);
  expect(gatewayOf(six, '2001:db8::1')).toBe('fe80::1');
  expect(gatewayOf(six, '2001:db8:5525:d80b:4c5b::1')).toBe('fe80::2');
});

it('macOS', () => {
  expect(parseRouteGet(macos)).toBe('192.168.0.1');
  expect(parseRouteGet(macos.replace('192.168.0.1', 'fe80::1%en0'))).toBe('fe80::1');
  expect(parseRouteGet('route: writing to routing socket: not in table\n')).toBeUndefined();
});

it('whatever comes, nothing throws', () => {
  const words = [linux, linuxIpv6, windowsGerman, windowsIpv6, macos].flatMap((text) =>
    text.split(/(?<=\s)/),
  );
  const text = fc.oneof(
    fc.string(),
    fc
      .array(fc.oneof(fc.constantFrom(...words), fc.string()), { maxLength: 100 })
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (given) => {
      for (const routes of [
        parseLinuxRoutes(given, 'LE'),
        parseLinuxIpv6Routes(given),
        parseRoutePrint(given),
      ]) {
        gatewayOf(routes, '192.0.2.1');
      }
      parseRouteGet(given);
    }),
  );
});
