import { expect, test } from 'vitest'
import { quietLog } from '@carillon/testkit/quiet-log'
import { createSystemIdGenerator } from '../ids.ts'
import { createMetrics } from '../metrics.ts'
import { createHttpServer } from './create-http-server.ts'

/** Whom the server takes a request to be from that came over a connection from 10.0.0.1. */
const seenFrom = async (
  trustedProxies: readonly string[],
  forwardedFor: string,
): Promise<string> => {
  const { server } = await createHttpServer({
    log: quietLog,
    metrics: createMetrics(),
    newId: createSystemIdGenerator(),
    version: '0.0.0',
    readiness: [],
    authenticate: () => {
      throw new Error('nobody asks')
    },
    trustedProxies,
  })
  server.get('/ip', { config: { auth: { public: true } } }, ({ ip }) => ({ ip }))
  const reply = await server.inject({
    url: '/ip',
    remoteAddress: '10.0.0.1',
    headers: { 'x-forwarded-for': forwardedFor },
  })
  await server.close()
  return reply.json<{ ip: string }>().ip
}

test.each([
  [[], '203.0.113.9', '10.0.0.1'],
  [['10.0.0.0/24'], '203.0.113.9', '203.0.113.9'],
  // What the client itself wrote in front is not believed.
  [['10.0.0.0/24'], '1.2.3.4, 203.0.113.9', '203.0.113.9'],
  [['10.0.0.0/24', '192.0.2.1/32'], '203.0.113.9, 192.0.2.1', '203.0.113.9'],
  [['192.0.2.1/32'], '203.0.113.9', '10.0.0.1'],
])('behind %j, "%s" is a request from %s', async (proxies, forwardedFor, ip) => {
  expect(await seenFrom(proxies, forwardedFor)).toBe(ip)
})
