import { describe, expect, it } from 'vitest';
import { howToAddLoopback, requireLoopbackAddresses } from './loopback.js';

describe('loopback addresses of the demo', () => {
  it.each([
    ['darwin', 'sudo ifconfig lo0 alias 127.1.0.1 up'],
    ['win32', 'netsh interface ipv4 add address "Loopback Pseudo-Interface 1" 127.1.0.1'],
    ['linux', 'ip address add 127.1.0.1/8 dev lo'],
  ] as const)('on %s come with the commands that add them', (platform, command) => {
    const text = howToAddLoopback(platform, ['127.1.0.1', '127.2.0.1']);
    expect(text).toContain(command);
    expect(text).toContain('127.2.0.1');
  });

  it('are refused by name when they cannot be bound', async () => {
    // RFC 5737: an address of documentation, which no machine has.
    await expect(requireLoopbackAddresses(['127.0.0.1', '192.0.2.1'])).rejects.toMatchObject({
      code: 'loopback-addresses-missing',
      message: expect.stringContaining('192.0.2.1'),
    });
  });
});
