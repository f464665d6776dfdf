import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{packages,services,drivers,hosts}/**/*.test.ts', 'cli/**/*.test.ts', 'scripts/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/fixtures/**', '**/.wonder/**'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
