/**
 * One call of the API: a request goes out, the parsed answer comes back, everything else is a `CarillonError`. Works
 * wherever `fetch` does. Not for the methods (`api.gen.ts`).
 */

export type ClientOptions = {
  /** Where Carillon listens, such as `https://carillon.example.org`. In a page of Carillon's own: ''. */
  readonly baseUrl: string
  /** Absent: the browser's session cookie. */
  readonly apiKey?: string
  /** Slug of the tenant to act in; needed by platform admins and by people who are in several. */
  readonly tenant?: string
  /** How often a request that got no answer, 429 or 503 is repeated. Default 2. Only what can be repeated safely is. */
  readonly retries?: number
  /** Default: the global one. */
  readonly fetch?: typeof fetch
}

export type CallOptions = {
  readonly signal?: AbortSignal
  /** Makes a creating call repeatable: the same key twice creates once. */
  readonly idempotencyKey?: string
  /** Another tenant than the client's, for this call. */
  readonly tenant?: string
}

type Parameter = string | number | boolean

export type Call = {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, Parameter | undefined>> | undefined
  /** A Blob goes as it is, anything else as JSON. */
  readonly body?: unknown
  /** Hand out the response itself. */
  readonly isStream?: boolean
  readonly options?: CallOptions | undefined
}

/** Sends a call; the answer's type is the caller's. */
export type Request = <Answer>(call: Call) => Promise<Answer>

export type FieldProblem = { readonly pointer: string; readonly detail: string }

/** What the API answered instead (RFC 9457), or that it could not be reached (`status` 0). */
export class CarillonError extends Error {
  override readonly name = 'CarillonError'
  readonly status: number
  /** As in docs/reference/errors.md; `unreachable` without an answer. */
  readonly code: string
  readonly detail: string
  readonly errors: readonly FieldProblem[]
  readonly retryAfterSeconds: number | undefined

  constructor(problem: {
    readonly status: number
    readonly code: string
    readonly detail: string
    readonly errors?: readonly FieldProblem[]
    readonly retryAfterSeconds?: number | undefined
    readonly cause?: unknown
  }) {
    super(`${problem.code}: ${problem.detail}`, { cause: problem.cause })
    this.status = problem.status
    this.code = problem.code
    this.detail = problem.detail
    this.errors = problem.errors ?? []
    this.retryAfterSeconds = problem.retryAfterSeconds
  }
}

const defaultRetries = 2
const firstWaitMs = 250
/** Longer than this nobody waits inside of a call: the error says how long it would be. */
const longestWaitSeconds = 10

/** Makes the function that sends. */
export const createRequest = (client: ClientOptions): Request => {
  const send = client.fetch ?? fetch
  const retries = client.retries ?? defaultRetries
  return async <Answer>(call: Call): Promise<Answer> => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
        return await once<Answer>(call, client, send)
      } catch (error) {
        const waitMs = attempt < retries ? waitBefore(error, call, attempt) : undefined
        if (waitMs === undefined) throw error
        // oxlint-disable-next-line no-await-in-loop -- as above
        await pause(waitMs, call.options?.signal)
      }
    }
  }
}

const once = async <Answer>(
  call: Call,
  client: ClientOptions,
  send: typeof fetch,
): Promise<Answer> => {
  const { body, options } = call
  const response = await send(urlOf(call, client), {
    method: call.method,
    headers: headersOf(call, client),
    ...(body === undefined ? {} : { body: body instanceof Blob ? body : JSON.stringify(body) }),
    ...(options?.signal === undefined ? {} : { signal: options.signal }),
  }).catch((cause: unknown) => {
    if (options?.signal?.aborted === true) throw cause
    const detail = `No answer from ${client.baseUrl}.`
    throw new CarillonError({ status: 0, code: 'unreachable', detail, cause })
  })
  if (!response.ok) throw await problemOf(response)
  return await answerOf<Answer>(response, call)
}

const urlOf = ({ path, query = {} }: Call, { baseUrl }: ClientOptions): string => {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) parameters.append(name, String(value))
  const text = parameters.toString()
  return `${baseUrl.replace(/\/$/, '')}${path}${text === '' ? '' : `?${text}`}`
}

const headersOf = (
  { body, options }: Call,
  { apiKey, tenant: own }: ClientOptions,
): Record<string, string> => {
  const tenant = options?.tenant ?? own
  return {
    accept: 'application/json',
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    ...(tenant === undefined ? {} : { 'carillon-tenant': tenant }),
    ...(body === undefined ? {} : { 'content-type': contentTypeOf(body) }),
    ...(options?.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey }),
  }
}

/** A file says itself what it is; without a word it is CSV, the only kind of file that the API takes. */
const contentTypeOf = (body: unknown): string => {
  if (!(body instanceof Blob)) return 'application/json'
  return body.type === '' || body.type.includes('excel') ? 'text/csv' : body.type
}

const answerOf = async <Answer>(response: Response, { isStream }: Call): Promise<Answer> => {
  const value: unknown = isStream === true ? response : parsed(await response.text())
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the API document says so; the server's tests hold it to that
  return value as Answer
}

const parsed = (text: string): unknown => (text === '' ? undefined : JSON.parse(text))

const problemOf = async (response: Response): Promise<CarillonError> => {
  const text = await response.text()
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  const retryAfterSeconds = Number.isFinite(seconds) ? seconds : undefined
  const problem = readProblem(text)
  return new CarillonError({
    status: response.status,
    code: problem?.code ?? `http_${response.status}`,
    detail: problem?.detail ?? text.slice(0, 500),
    ...(problem?.errors === undefined ? {} : { errors: problem.errors }),
    retryAfterSeconds,
  })
}

type Problem = {
  readonly code: string
  readonly detail: string
  readonly errors?: readonly FieldProblem[]
}

const readProblem = (text: string): Problem | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    const isProblem = typeof value === 'object' && value !== null && 'code' in value
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this is the parser of problems
    return isProblem ? (value as Problem) : undefined
  } catch (error) {
    // A proxy in between answers with HTML.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** How long to wait before the next attempt; undefined: there is none. */
const waitBefore = (error: unknown, call: Call, attempt: number): number | undefined => {
  if (!(error instanceof CarillonError)) return undefined
  const isSafe = call.method !== 'POST' || call.options?.idempotencyKey !== undefined
  const isRefusedAtOnce = error.status === 429 || error.status === 503
  if (!isRefusedAtOnce && !(error.status === 0 && isSafe)) return undefined
  const { retryAfterSeconds } = error
  if (retryAfterSeconds === undefined) return firstWaitMs * 2 ** attempt
  return retryAfterSeconds > longestWaitSeconds ? undefined : retryAfterSeconds * 1_000
}

const pause = async (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  await new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
    })
  })

type PageOf<Item> = { readonly items: readonly Item[]; readonly nextCursor: string | null }

/** All items of a list, page after page; `page` gets what to add to its query. */
export async function* eachItem<Item>(
  page: (more: { readonly cursor?: string }) => Promise<PageOf<Item>>,
): AsyncGenerator<Item> {
  let more: { readonly cursor?: string } = {}
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- each page says where the next one begins
    const { items, nextCursor } = await page(more)
    yield* items
    if (nextCursor === null) return
    more = { cursor: nextCursor }
  }
}
