#!/usr/bin/env node
/** `npm run build:web`: builds the UI when it is not current. For images and for who works on it; `npm start` does so itself. */
import { ensureInstalled, fail } from './ensure.mjs'
import { ensureWebBuilt } from './ensure-web.mjs'

try {
  await ensureInstalled({ production: true })
  process.exitCode = (await ensureWebBuilt()) ? 0 : 1
} catch (error) {
  fail(error)
}
