import { expect, it } from 'vitest';
import { prefersMetalink } from './accept.js';

it.each([
  [undefined, false],
  ['', false],
  ['*/*', false],
  ['text/html,application/xhtml+xml,*/*;q=0.8', false],
  ['application/metalink4+xml', true],
  ['*/*,application/metalink4+xml,application/metalink+xml', true],
  ['Application/Metalink4+XML; q=0.9, */*;q=0.1', true],
  ['application/metalink4+xml;q=0.5, video/mp4', false],
  ['application/metalink4+xml;q=0', false],
])('Accept: %s asks for the Metalink: %s', (accept, metalink) => {
  expect(prefersMetalink(accept)).toBe(metalink);
});
