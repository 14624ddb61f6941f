/** A map that forgets the entries unused for the longest time when it would grow past its bound. */
export interface BoundedCache<Key, Value> {
  get(key: Key): Value | undefined;
  set(key: Key, value: Value): void;
  /** True when there was an entry. */
  delete(key: Key): boolean;
}

/** @param weightOf what an entry counts against `maximumWeight`: 1, where entries are of about one size. */
export function createBoundedCache<Key, Value>(
  maximumWeight: number,
  weightOf: (value: Value) => number = () => 1,
): BoundedCache<Key, Value> {
  // A Map keeps insertion order: a used entry moves to its end, so the oldest is at its beginning.
  const entries = new Map<Key, Value>();
  let weight = 0;
  const remove = (key: Key): boolean => {
    const value = entries.get(key);
    if (value !== undefined) weight -= weightOf(value);
    return entries.delete(key);
  };
  return {
    get(key) {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    set(key, value) {
      remove(key);
      entries.set(key, value);
      weight += weightOf(value);
      while (weight > maximumWeight && entries.size > 1) remove(entries.keys().next().value as Key);
    },
    delete: remove,
  };
}
