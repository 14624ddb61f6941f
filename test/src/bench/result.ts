export interface BenchFigure {
  value: number;
  unit: string;
  target: string;
  ok: boolean;
}

/** What every benchmark gives: figures, and the reference that was measured in the same run. */
export interface BenchResult {
  name: string;
  reference: string;
  figures: Record<string, BenchFigure>;
}
