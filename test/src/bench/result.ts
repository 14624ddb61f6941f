export interface BenchFigure {
  value: number;
  unit: string;
  /** `≥ NUMBER` or `≤ NUMBER`, in `unit`. */
  target: string;
  ok: boolean;
}

/** What every benchmark gives: figures that have a target, and the reference that was measured in the same run. */
export interface BenchResult {
  name: string;
  /** What the figures are compared with, and what else the run told. */
  reference: string;
  figures: Record<string, BenchFigure>;
}

export const atLeast = (target: number, value: number, unit: string): BenchFigure => ({
  value,
  unit,
  target: `≥ ${target}`,
  ok: value >= target,
});

export const atMost = (target: number, value: number, unit: string): BenchFigure => ({
  value,
  unit,
  target: `≤ ${target}`,
  ok: value <= target,
});
