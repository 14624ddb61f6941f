/** A map that forgets the entry unused for the longest time when it would grow past its bound. */
export interface BoundedCache<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
  /** True when there was an entry. */
  delete(key: Key): boolean;
}

export function createBoundedCache<Key, Value>(maximumEntries: number): BoundedCache<Key, Value> {
  // A Map keeps insertion order: a used entry moves to its end, so the oldest is at its beginning.
  const entries = new Map<Key, Value>();
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
      if (entries.size > maximumEntries) entries.delete(entries.keys().next().value as Key);
    },
    delete: (key) => entries.delete(key),
  };
}
