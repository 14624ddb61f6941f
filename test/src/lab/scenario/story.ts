/** Where the run is told while it runs; with `--json` this is standard error, so that the document stands alone. */
export interface Story {
  chapter(text: string): void;
  line(text: string): void;
}

export function createStory(out: NodeJS.WritableStream): Story {
  const startMs = performance.now();
  const seconds = (): string => ((performance.now() - startMs) / 1000).toFixed(0).padStart(4);
  return {
    chapter: (text) => out.write(`${seconds()} s  ${text}\n`),
    line: (text) => out.write(`        ${text}\n`),
  };
}
