import { Type } from 'typebox'
import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { createAnswerSerializer } from './answer-serializer.ts'

const start = async () => {
  const server = fastify()
  server.setSerializerCompiler(await createAnswerSerializer())
  return server
}

test('an answer has what its schema declares, and nothing else, every time', async () => {
  const server = await start()
  const schema = { response: { 200: Type.Object({ name: Type.String() }) } }
  server.get('/rule', { schema }, () => ({ name: 'x', secret: 'CANARY' }))
  const bodies = [await server.inject('/rule'), await server.inject('/rule')].map(
    ({ body }) => body,
  )
  expect(bodies).toEqual(['{"name":"x"}', '{"name":"x"}'])
})

test('a schema of an answer becomes code with the first answer, not when the server gets ready', async () => {
  const server = await start()
  const schema = { response: { 200: { type: 'object', properties: { a: { type: 'nothing' } } } } }
  server.get('/broken', { schema }, () => ({ a: 1 }))
  await server.ready()
  expect((await server.inject('/broken')).statusCode).toBe(500)
})
