import { describe, expect, it } from 'vitest';
import { readRouterName, routerNameOfAddress } from './router-name.js';

describe('the name of a router in the name of its interface', () => {
  it.each([
    ['ge5-2.bas1-m.sanjose.sp1.example', 'bas1-m.sanjose.sp1.example'],
    ['10ge1-1.core1.nyc.he.net', 'core1.nyc.he.net'],
    ['100ge13-1.core1.fra1.he.net', 'core1.fra1.he.net'],
    ['e0-52.core1.ams9.he.net', 'core1.ams9.he.net'],
    ['port-channel4.core2.lon2.he.net', 'core2.lon2.he.net'],
    ['v1834.core1.sjc2.he.net', 'core1.sjc2.he.net'],
    ['ae-1.r20.snjsca04.us.bb.gin.ntt.net', 'r20.snjsca04.us.bb.gin.ntt.net'],
    ['xe-0-0-0.cr1.lax1.example.net', 'cr1.lax1.example.net'],
    ['et-0-0-67.cr10-fra2.ip4.gtt.net', 'cr10-fra2.ip4.gtt.net'],
    ['be2025.ccr21.elp01.atlas.cogentco.com', 'ccr21.elp01.atlas.cogentco.com'],
    ['te0-0-2-0.rcr11.b015619-1.jfk01.atlas.cogentco.com', 'rcr11.b015619-1.jfk01.atlas.cogentco.com'],
    ['be-36041-cs04.sunnyvale.ca.ibone.comcast.net', 'cs04.sunnyvale.ca.ibone.comcast.net'],
    ['ae-79-ar01.oakland.ca.sfba.comcast.net', 'ar01.oakland.ca.sfba.comcast.net'],
    ['if-ae-2-2.tcore1.svw-singapore.as6453.net', 'tcore1.svw-singapore.as6453.net'],
    ['0.xe-3-1-0.br1.sac1.alter.net', 'br1.sac1.alter.net'],
    ['ae-2-3612.edge4.london1.level3.net', 'edge4.london1.level3.net'],
    ['hundredgige0-0-0-3.nr11.par.example.co.uk', 'nr11.par.example.co.uk'],
    ['bundle-ether1.per-core.example.net.au', 'per-core.example.net.au'],
    ['eth0.br1.paris.sp2.example', 'br1.paris.sp2.example'],
    ['lo0.br1.paris.sp2.example', 'br1.paris.sp2.example'],
    ['GE5-2.Bas1-M.SanJose.SP1.example.', 'bas1-m.sanjose.sp1.example'],
    // No interface in these.
    ['SanJose.ISP.com', 'sanjose.isp.com'],
    ['nyc.he.net', 'nyc.he.net'],
    ['core1.nyc.he.net', 'core1.nyc.he.net'],
    ['bas1-m.sanjose.sp1.example', 'bas1-m.sanjose.sp1.example'],
    ['cr1.la2ca.ip.att.net', 'cr1.la2ca.ip.att.net'],
    ['r20.snjsca04.us.bb.gin.ntt.net', 'r20.snjsca04.us.bb.gin.ntt.net'],
    ['ffm-bb1-link.ip.twelve99.net', 'ffm-bb1-link.ip.twelve99.net'],
    ['p1.paris.example.net', 'p1.paris.example.net'],
    ['e1.paris.example.net', 'e1.paris.example.net'],
    ['pe1.fra2.example.net', 'pe1.fra2.example.net'],
    ['lon-core-1.example.net', 'lon-core-1.example.net'],
    ['tenerife1.example.es', 'tenerife1.example.es'],
    ['host-203-0-113-5.example.net', 'host-203-0-113-5.example.net'],
    ['ge0-1.example.net', 'ge0-1.example.net'],
  ])('%s is %s', (name, router) => {
    expect(readRouterName(name)?.router).toBe(router);
  });

  it.each([
    ['core1.nyc.he.net', 'he.net'],
    ['br1.paris.sp2.example', 'sp2.example'],
    ['nr11.par.example.co.uk', 'example.co.uk'],
  ])('%s is of %s', (name, domain) => {
    expect(readRouterName(name)?.domain).toBe(domain);
  });

  it.each(['_gateway', 'router', 'he.net', '-a.example.net', ''])('%j names no router', (name) => {
    expect(readRouterName(name)).toBeUndefined();
  });

  it('gives each address one spelling that a component may have', () => {
    expect(routerNameOfAddress('2001:db8::')).toBe('2001:db8::0');
    expect(routerNameOfAddress('::1')).toBe('0::1');
    expect(routerNameOfAddress('198.18.0.1')).toBe('198.18.0.1');
  });
});
