/**
 * The four kinds of tests, told apart by what they need (the file's suffix or folder says it): `unit` needs nothing, `db`
 * needs the test Postgres that testkit starts once, `e2e` starts real processes, `browser` the UI in Chromium.
 */
import { defineConfig } from 'vitest/config'

const never = ['**/node_modules/**', '**/dist/**', '**/data/**']

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'tools/**/*.test.ts', 'bench/**/*.test.ts'],
          exclude: [...never, '**/*.db.test.ts'],
          environment: 'node',
          // Isolation, not the runner, is what a small test costs; our code has no module state to isolate.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'db',
          include: ['packages/*/src/**/*.db.test.ts'],
          exclude: never,
          environment: 'node',
          isolate: false,
          globalSetup: ['packages/testkit/src/global-setup.ts'],
          testTimeout: 20_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          exclude: never,
          environment: 'node',
          globalSetup: ['packages/testkit/src/global-setup.ts'],
          // Each test file starts server processes of its own: two at a time would measure the machine.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          exclude: never,
          environment: 'node',
          globalSetup: ['tools/web-setup.ts'],
          fileParallelism: false,
          testTimeout: 90_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
