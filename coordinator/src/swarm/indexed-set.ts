/** A set that also gives its n-th element, so that some can be drawn at random without walking it. */
export interface IndexedSet<Element> {
  readonly size: number;
  at(index: number): Element | undefined;
  has(element: Element): boolean;
  /** False if it was there already. */
  add(element: Element): boolean;
  /** The last element takes the place of the deleted one. False if it was not there. */
  delete(element: Element): boolean;
  readonly elements: readonly Element[];
}

export function createIndexedSet<Element>(): IndexedSet<Element> {
  const elements: Element[] = [];
  const positions = new Map<Element, number>();
  return {
    elements,
    get size() {
      return elements.length;
    },
    at: (index) => elements[index],
    has: (element) => positions.has(element),
    add(element) {
      if (positions.has(element)) return false;
      positions.set(element, elements.length);
      elements.push(element);
      return true;
    },
    delete(element) {
      const position = positions.get(element);
      if (position === undefined) return false;
      const last = elements.pop() as Element;
      positions.delete(element);
      if (last !== element) {
        elements[position] = last;
        positions.set(last, position);
      }
      return true;
    },
  };
}
