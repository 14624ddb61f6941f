import { createManualClock } from '@fairhop/shared/service';
import { expect, it } from 'vitest';
import { createLoginLimits } from './login-limits.js';

it('bounds attempts from one address, a /64 of IPv6 being one, whatever accounts they are for', () => {
  const clock = createManualClock(0);
  const limits = createLoginLimits(clock);
  for (let index = 0; index < 100; index += 1)
    limits.attempt([`a${index}`], `2001:db8:1:2::${index.toString(16)}`);
  const more = (address: string) => () => limits.attempt(['another'], address);
  expect(more('2001:db8:1:2:ffff::1')).toThrow(
    expect.objectContaining({ code: 'too-many-logins', status: 429 }),
  );
  expect(more('2001:db8:1:3::1')).not.toThrow();
  expect(more('::ffff:127.0.0.1')).not.toThrow();
  clock.advance(15 * 60_000);
  expect(more('2001:db8:1:2:ffff::1')).not.toThrow();
});
