/** A component and when it was part of an object. */
interface DatedEntity {
  readonly component: string;
  readonly fromMs: number;
  readonly toMs: number | null;
}

/** A time in which the same components were part of an object. */
export interface Segment {
  readonly fromMs: number;
  readonly toMs: number;
  readonly components: readonly string[];
}

/** Cuts [fromMs, toMs) where a component came or left; times without components are left out. */
export function segmentsOf(
  entities: readonly DatedEntity[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Segment[] {
  const changes = new Map<number, { came: string[]; left: string[] }>();
  const changeAt = (timeMs: number) => {
    const change = changes.get(timeMs) ?? { came: [], left: [] };
    changes.set(timeMs, change);
    return change;
  };
  for (const entity of entities) {
    const beginMs = Math.max(fromMs, entity.fromMs);
    const endMs = Math.min(toMs, entity.toMs ?? toMs);
    if (beginMs >= endMs) continue;
    changeAt(beginMs).came.push(entity.component);
    changeAt(endMs).left.push(entity.component);
  }
  const times = [...changes.keys()].sort((left, right) => left - right);
  const present = new Set<string>();
  return times.flatMap((timeMs, index) => {
    const { came, left } = changes.get(timeMs)!;
    for (const component of left) present.delete(component);
    for (const component of came) present.add(component);
    if (present.size === 0) return [];
    return [{ fromMs: timeMs, toMs: times[index + 1]!, components: [...present] }];
  });
}
