/** The typed client of the API, without dependencies: `createClient({ baseUrl, apiKey }).rules.list()`. */
import { createApi } from './api.gen.ts'
import { createRequest, type ClientOptions } from './request.ts'

export { CarillonError } from './request.ts'
export type { CallOptions, ClientOptions, FieldProblem } from './request.ts'

export type Client = ReturnType<typeof createClient>

/** Makes a client; nothing is sent until a method is called. Every method rejects with a `CarillonError`. */
export const createClient = (options: ClientOptions) => createApi(createRequest(options))
