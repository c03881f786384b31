#!/usr/bin/env node
/**
 * The `carillon` command and `npm start`: makes sure that dependencies, a recent Node and the built UI are there, then becomes the
 * server's main program with the same arguments. Knows no verb itself: `packages/server/src/main.ts` does.
 */
import { join } from 'node:path'
import { ensureInstalled, fail, root, runNode } from './ensure.mjs'
import { ensureWebBuilt } from './ensure-web.mjs'

try {
  await ensureInstalled({ production: true })
  if (process.argv[2] === 'serve') await ensureWebBuilt()
  runNode([join(root, 'packages/server/src/main.ts'), ...process.argv.slice(2)])
} catch (error) {
  fail(error)
}
