declare module '@openpgp/unbzip2-stream' {
  interface ChunkSource {
    getReader(): { read(): Promise<{ value?: Uint8Array | undefined; done: boolean }> };
  }

  /** Reads as much as one block needs when a chunk is asked for; one chunk is one block. */
  function unbzip2Stream(input: ChunkSource): {
    getReader(): { read(): Promise<{ value?: Uint8Array | undefined; done: boolean }> };
  };

  export = unbzip2Stream;
}
