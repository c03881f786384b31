#!/usr/bin/env node
/**
 * The `carillon` command and `npm start`: makes sure that dependencies, a recent Node and the built UI are there, then becomes the
 * server's main program with the same arguments. Knows no verb itself: `packages/server/src/main.ts` does.
 */
import { join } from 'node:path'
import { ensureInstalled, fail, root, runNode } from './ensure.mjs'
import { ensureWebBuilt } from './ensure-web.mjs'

/**
 * V8 lets the space for young objects grow to 128 MB, which a burst fills with garbage: 300 MB of memory where 240 do (T-F3), at the
 * same CPU (bench `drain`). It compiles and marks garbage in four threads: for a quarter of a second they take both of two cores from
 * whoever waits for an answer (bench `latency`: p99 7.3 ms, 6.3 with one thread). Also in the Dockerfile (as NODE_OPTIONS), and where
 * tests and benchmarks start the server. NODE_OPTIONS may say otherwise.
 */
const nodeFlags = ['--max-semi-space-size=16', '--v8-pool-size=1'].filter(
  (flag) => !(process.env.NODE_OPTIONS ?? '').includes(flag.split('=')[0]),
)

try {
  await ensureInstalled({ production: true })
  if (process.argv[2] === 'serve') await ensureWebBuilt()
  runNode([...nodeFlags, join(root, 'packages/server/src/main.ts'), ...process.argv.slice(2)])
} catch (error) {
  fail(error)
}
