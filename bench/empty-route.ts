/** The limit beside `ingest`: a Fastify server whose one POST route parses the body and answers 202, and nothing more. */
import { fastify } from 'fastify'
import { answerParent } from './rig/node-child.ts'

const server = fastify({ logger: false, bodyLimit: 4 * 1_048_576 })
server.post(
  '/api/v1/events',
  async (_request, reply) => await reply.code(202).send({ accepted: 1 }),
)
const url = await server.listen({ host: '127.0.0.1', port: 0 })
answerParent(() => url)
