import { defineConfig } from 'vitest/config';

// Packages of the house are read from their sources, so that a unit test needs no build.
const conditions = ['fairhop-source', 'node', 'import', 'default'];

export default defineConfig({
  ssr: { resolve: { conditions } },
  resolve: { conditions },
  test: {
    include: ['*/src/**/*.test.ts'],
    exclude: ['**/dist/**', '**/node_modules/**'],
    pool: 'forks',
    maxWorkers: 2,
    // Machines that run tests are small and busy: only what hangs fails by its time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 15_000 } },
    reporters: ['default'],
  },
});
