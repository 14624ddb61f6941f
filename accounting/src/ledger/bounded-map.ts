/** A memo of at most `maximumEntries`: the oldest entry goes first, since names come into use and go out of it again. */
export class BoundedMap<Key, Value> {
  readonly #maximumEntries: number;
  readonly #entries = new Map<Key, Value>();

  constructor(maximumEntries: number) {
    this.#maximumEntries = maximumEntries;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: Key, value: Value): void {
    if (this.#entries.size >= this.#maximumEntries)
      this.#entries.delete(this.#entries.keys().next().value as Key);
    this.#entries.set(key, value);
  }

  clear(): void {
    this.#entries.clear();
  }
}
