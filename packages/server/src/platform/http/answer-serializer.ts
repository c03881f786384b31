/**
 * Fastify's own serializer of answers, made for a route when it answers first: the code for all answers of all routes takes
 * megabytes, and most of it is never used. Not for what answers look like.
 */
import { type FastifyInstance, fastify } from 'fastify'
import { onceAsked } from '../once-asked.ts'

type SerializerCompiler = NonNullable<FastifyInstance['serializerCompiler']>

/** Fastify gives its compiler away only when a route of the same instance has made use of it. */
const serializerOfFastify = async (): Promise<SerializerCompiler> => {
  const instance = fastify()
  instance.get('/', { schema: { response: { 200: { type: 'null' } } } }, () => null)
  await instance.ready()
  const { serializerCompiler } = instance
  if (serializerCompiler === undefined) throw new Error('Fastify gives no serializer away')
  return serializerCompiler
}

/** A compiler that puts its work off to the first answer. That answer throws when the schema can't be used. */
export const createAnswerSerializer = async (): Promise<SerializerCompiler> => {
  const compile = await serializerOfFastify()
  return (route) => {
    const serialize = onceAsked(() => compile(route))
    return (data) => serialize()(data)
  }
}
