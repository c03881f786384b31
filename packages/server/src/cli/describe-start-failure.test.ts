/** What is said when the server does not start: the chain of causes, and what to do. */
import { createServer } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { describeStartFailure } from './describe-start-failure.ts'

test('a port that is taken is said with the setting that helps', async () => {
  await using first = createServer()
  first.listen(0, '127.0.0.1')
  await once(first, 'listening')
  const address = first.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const second = createServer()
  const failed = once(second, 'error')
  second.listen(port, '127.0.0.1')
  const [cause] = (await failed) as [Error]
  const text = describeStartFailure(new Error('API did not start', { cause }))
  expect(text).toMatch(/^API did not start: listen EADDRINUSE.*set CARILLON_PORT/)
})

test('other failures are said with all that they give as causes', () => {
  const cause = new Error('the second', { cause: 'the third' })
  expect(describeStartFailure(new Error('the first', { cause }))).toBe(
    'the first: the second: the third',
  )
})
