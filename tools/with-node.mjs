#!/usr/bin/env node
/**
 * `node tools/with-node.mjs <flags or script.ts> ...`: runs a TypeScript program of this repository with a Node that
 * can, after installing what is missing. For npm scripts; the application itself starts through `carillon.mjs`.
 */
import { ensureInstalled, fail, runNode } from './ensure.mjs'

try {
  await ensureInstalled({ production: false })
  runNode(process.argv.slice(2))
} catch (error) {
  fail(error)
}
