import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      '{packages,services,drivers,hosts}/**/*.test.ts',
      'cli/**/*.test.ts',
      '{scripts,benchmarks}/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/fixtures/**', '**/.wonder/**', '**/dist/**', '**/templates/init/**'],
    pool: 'forks',
    // The default leaves a core free, which on two cores means one file at a time.
    maxWorkers: Math.max(2, availableParallelism()),
    // No test may lean on another; the seed is printed.
    sequence: { shuffle: { files: true, tests: true } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
