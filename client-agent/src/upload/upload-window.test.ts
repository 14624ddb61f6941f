import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createUploadWindow, windowBytesOf } from './upload-window.js';

const MIB = 1024 * 1024;

describe('the window of unacknowledged bytes', () => {
  it('has room for two pieces at least', () => {
    expect(windowBytesOf(256 * 1024)).toBe(8 * MIB);
    expect(windowBytesOf(16 * MIB)).toBe(32 * MIB);
  });

  it('is never exceeded but for what is forgiven, and no receipt goes back or says more than was sent', () => {
    const windowBytes = 1_000;
    const step = fc.oneof(
      fc.record({ act: fc.constant('send' as const), bytes: fc.nat(2_000) }),
      fc.record({ act: fc.constant('acknowledge' as const), bytes: fc.nat(20_000) }),
      fc.record({ act: fc.constant('cancel' as const), bytes: fc.nat(500) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const window = createUploadWindow(windowBytes);
        for (const { act, bytes } of steps) {
          if (act === 'send') window.sent(Math.min(bytes, window.roomBytes));
          else if (act === 'cancel') window.writeOff(bytes);
          else {
            const before = window.acknowledgedBytes;
            const isRight = bytes >= before && bytes <= window.sentBytes;
            expect(window.acknowledge(bytes)).toBe(isRight);
            expect(window.acknowledgedBytes).toBe(isRight ? bytes : before);
          }
          const mostBytes = 2 * windowBytes + window.acknowledgedBytes / 16;
          expect(window.sentBytes - window.acknowledgedBytes).toBeLessThanOrEqual(mostBytes);
          expect(window.roomBytes).toBeGreaterThanOrEqual(0);
          expect(window.roomBytes).toBeLessThanOrEqual(windowBytes);
        }
      }),
    );
  });

  it('forgets what was cancelled, but not of one who cancels everything', () => {
    const window = createUploadWindow(1_000);
    window.sent(1_000);
    expect(window.roomBytes).toBe(0);
    window.writeOff(400);
    expect(window.roomBytes).toBe(400);
    window.sent(400);
    window.writeOff(1_000_000);
    expect(window.roomBytes).toBe(600);
    window.sent(600);
    window.writeOff(1_000_000);
    expect(window.roomBytes).toBe(0);
  });
});
