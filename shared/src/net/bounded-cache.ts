/** A map that forgets the entry unused for the longest time when it would grow past its bound. */
export interface BoundedCache<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
}

export function createBoundedCache<K, V>(maximumEntries: number): BoundedCache<K, V> {
  // A Map keeps insertion order: a used entry moves to its end, so the oldest is at its beginning.
  const entries = new Map<K, V>();
  return {
    get(key) {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    set(key, value) {
      entries.delete(key);
      entries.set(key, value);
      if (entries.size > maximumEntries) entries.delete(entries.keys().next().value as K);
    },
  };
}
