import { describe, expect, it } from 'vitest';
import { createBoundedCache } from './bounded-cache.js';

describe('createBoundedCache', () => {
  it('forgets what was unused for the longest time', () => {
    const cache = createBoundedCache<string, number>(2);
    cache.set('a', 1);
    cache.set('b', 2);
    expect(cache.get('a')).toBe(1);
    cache.set('c', 3);
    expect(cache.get('b')).toBeUndefined();
    expect(cache.get('a')).toBe(1);
    expect(cache.get('c')).toBe(3);
  });

  it('counts a key that is set again once', () => {
    const cache = createBoundedCache<string, number>(2);
    cache.set('a', 1);
    cache.set('b', 2);
    cache.set('a', 3);
    expect(cache.get('b')).toBe(2);
    expect(cache.get('a')).toBe(3);
  });

  it('forgets as many as weigh too much, and keeps the latest whatever it weighs', () => {
    const cache = createBoundedCache<string, number>(10, (value) => value);
    for (const [key, value] of [
      ['a', 4],
      ['b', 4],
      ['c', 2],
      ['d', 5],
    ] as const)
      cache.set(key, value);
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual([undefined, undefined, 2, 5]);
    cache.set('d', 1);
    cache.set('e', 7);
    expect(['c', 'd', 'e'].map((key) => cache.get(key))).toEqual([2, 1, 7]);
    cache.set('f', 50);
    expect(['c', 'd', 'e', 'f'].map((key) => cache.get(key))).toEqual([undefined, undefined, undefined, 50]);
    expect([cache.delete('f'), cache.delete('f')]).toEqual([true, false]);
  });
});
