import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { addBodyDeadline } from './body-deadline.ts'

const aMinute = 60_000
const soon = 50

const listening = async (deadlines: { readonly withinMs: number; readonly silentMs: number }) => {
  const server = fastify().withTypeProvider<TypeBoxTypeProvider>()
  addBodyDeadline(server, deadlines)
  server.post('/quick', (request) => ({ got: request.body }))
  server.post('/large', { config: { slowBody: true } }, (request) => ({ got: request.body }))
  await server.listen({ host: '127.0.0.1', port: 0 })
  const { port } = server.server.address() as AddressInfo
  return {
    begin: (path: string): Socket => {
      const socket = connect(port, '127.0.0.1')
      socket.write(
        `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 3\r\n\r\n"`,
      )
      socket.on('error', () => undefined)
      return socket
    },
    [Symbol.asyncDispose]: async () => {
      server.server.closeAllConnections()
      await server.close()
    },
  }
}

const finish = async (socket: Socket): Promise<string> => {
  socket.write('a"')
  const [answer] = (await once(socket, 'data')) as [Buffer]
  return answer.toString()
}

test('a body that is not complete in time ends its connection, whether its path is there or not', async () => {
  await using server = await listening({ withinMs: soon, silentMs: aMinute })
  const large = server.begin('/large')
  for (const path of ['/quick', '/nowhere']) {
    const socket = server.begin(path)
    socket.resume()
    await once(socket, 'close')
  }
  // Meanwhile a route that takes its time has waited for the rest of its body.
  expect(await finish(large)).toContain('{"got":"a"}')
})

test('a body that is complete in time is answered', async () => {
  await using server = await listening({ withinMs: aMinute, silentMs: aMinute })
  expect(await finish(server.begin('/quick'))).toContain('{"got":"a"}')
})

test('a large body that stands still ends its connection', async () => {
  await using server = await listening({ withinMs: aMinute, silentMs: soon })
  const socket = server.begin('/large')
  socket.resume()
  const [hadError] = (await once(socket, 'close')) as [boolean]
  expect(hadError).toBe(false)
})
