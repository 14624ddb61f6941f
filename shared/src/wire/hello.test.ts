import { describe, expect, it } from 'vitest';
import { decodeFrame } from './decode.js';
import { encodeFrame } from './encode.js';
import { FrameError } from './frame-error.js';
import type { Hello } from './hello.js';

describe('hello', () => {
  const downloader: Hello = {
    version: 1,
    agent: 'A'.repeat(43),
    grantId: '0b2b6e1c-8a11-4f64-9d57-b3f1c9a47f64',
    role: 'downloader',
    grant: 'a.b.c',
    observedAddress: '127.1.0.5',
    signature: 'A'.repeat(86),
  };
  const messageOf = (value: unknown): Uint8Array =>
    Buffer.concat([Uint8Array.of(1), Buffer.from(JSON.stringify(value))]);

  it('is accepted with fields in any order', () => {
    const reversed = Object.fromEntries(Object.entries(downloader).reverse());
    expect(decodeFrame(messageOf(reversed))).toEqual({ type: 'hello', hello: downloader });
  });

  it.each<Record<string, unknown>>([
    { version: 2 },
    { role: 'seeder' },
    { grant: undefined },
    { grant: 'not a token' },
    { permitId: 'p1' },
    { observedAddress: 'localhost' },
    { signature: 'x' },
    { agent: 'x' },
    { grantId: 'x' },
    { surprise: 1 },
    { role: 'uploader' },
  ])('is refused with %o', (change) => {
    const wrong = { ...downloader, ...change } as Hello;
    expect(() => decodeFrame(messageOf(wrong))).toThrow(expect.objectContaining({ code: 'frame-invalid' }));
    expect(() => encodeFrame({ type: 'hello', hello: wrong })).toThrow(FrameError);
  });
});
