/**
 * Which methods a path has, so that a wrong method is a 405 that names the right ones instead of a 404. Fastify's router
 * does not tell (fastify#862).
 */

export type MethodTable = {
  /**
   * Remembers a route: a method and Fastify's pattern, e.g. "/api/v1/rules/:id". The pattern of everything ("/*") is not
   * remembered: it says of no path that it is there.
   */
  readonly add: (method: string, pattern: string) => void
  /** The methods of all routes that match this path, sorted; empty when there is no such path. */
  readonly allowedFor: (path: string) => readonly string[]
}

/** "/files/*" matches "/files/" and all below, as in Fastify's router. */
const matches = (pattern: readonly string[], path: readonly string[]): boolean => {
  const isWild = pattern.at(-1) === '*'
  if (isWild ? path.length < pattern.length : path.length !== pattern.length) return false
  const fixed = isWild ? pattern.slice(0, -1) : pattern
  return fixed.every((part, at) => part.startsWith(':') || part === path[at])
}

/** An empty table; filled while routes are registered, read only for requests that found no route. */
export const createMethodTable = (): MethodTable => {
  const routes: { readonly method: string; readonly pattern: readonly string[] }[] = []
  return {
    add: (method, pattern) => {
      if (pattern !== '/*') routes.push({ method, pattern: pattern.split('/') })
    },
    allowedFor: (path) => {
      const parts = path.split('/')
      const found = routes.filter(({ pattern }) => matches(pattern, parts))
      return [...new Set(found.map(({ method }) => method))].sort()
    },
  }
}
