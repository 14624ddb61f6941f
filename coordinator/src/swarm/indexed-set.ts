/**
 * A set that also gives its n-th element, so that some can be drawn at random without walking it. A class, as piece sets
 * are, because hundreds are read in one selection: objects with accessors of their own would have no common shape.
 */
export class IndexedSet<Element> {
  readonly #elements: Element[] = [];
  readonly #positions = new Map<Element, number>();

  get elements(): readonly Element[] {
    return this.#elements;
  }

  get size(): number {
    return this.#elements.length;
  }

  has(element: Element): boolean {
    return this.#positions.has(element);
  }

  /** False if it was there already. */
  add(element: Element): boolean {
    if (this.#positions.has(element)) return false;
    this.#positions.set(element, this.#elements.length);
    this.#elements.push(element);
    return true;
  }

  /** The last element takes the place of the deleted one. False if it was not there. */
  delete(element: Element): boolean {
    const position = this.#positions.get(element);
    if (position === undefined) return false;
    const last = this.#elements.pop() as Element;
    this.#positions.delete(element);
    if (last !== element) {
      this.#elements[position] = last;
      this.#positions.set(last, position);
    }
    return true;
  }
}
