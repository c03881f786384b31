import { expect, test } from 'vitest'
import { verbs } from './verbs.ts'

test.each(Object.keys(verbs))('%s is found by the name that it has itself', async (name) => {
  expect((await verbs[name]?.())?.name).toBe(name)
})
