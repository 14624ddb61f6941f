import { describe, expect, it } from 'vitest';
import { createLog, type LogLevel } from './log.js';
import { shortAddress } from './short-address.js';

function logOne(level: LogLevel, fields: object): string {
  const lines: string[] = [];
  createLog({ name: 'edge', level }, { write: (line: string) => void lines.push(line) }).error(
    fields,
    'happened',
  );
  return lines.join('');
}

describe('createLog', () => {
  it('leaves secrets out, wherever they stand', () => {
    const text = logOne('debug', {
      token: 'hidden1',
      config: { operatorToken: 'hidden2', port: 1 },
      request: { headers: { authorization: 'Bearer hidden3' } },
    });
    expect(text).not.toMatch(/hidden/);
    expect(JSON.parse(text)).toMatchObject({ name: 'edge', msg: 'happened', config: { port: 1 } });
  });

  it('tells addresses in full only at debug', () => {
    const fields = { address: '203.0.113.77', ip: '2001:db8:1:2::7' };
    expect(JSON.parse(logOne('info', fields))).toMatchObject({
      address: '203.0.113.0/24',
      ip: '2001:db8:1::/48',
    });
    expect(JSON.parse(logOne('debug', fields))).toMatchObject(fields);
  });
});

describe('shortAddress', () => {
  it.each([
    ['203.0.113.77', '203.0.113.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['2001:db8::7', '2001:db8::/48'],
    ['::1', '::/48'],
    ['fe80::1%eth0', 'fe80::/48'],
    ['::ffff:203.0.113.77', '203.0.113.0/24'],
    ['::ffff:cb00:714d', '203.0.113.0/24'],
    ['not an address', 'unknown'],
    [undefined, 'unknown'],
  ])('of %s is %s', (address, expected) => {
    expect(shortAddress(address)).toBe(expected);
  });
});
