/** Is a text from the address a path of this site? Only there may somebody be sent after signing in. Pure. */

/** Any origin will do: what leaves it names a server of its own. */
const here = 'https://here.invalid'

/** As browsers read it: `//host`, `/\host` and, because they drop tabs and line breaks, `/<tab>/host` are other servers. */
export const isOwnPath = (path: unknown): path is string =>
  typeof path === 'string' &&
  path.startsWith('/') &&
  URL.canParse(path, here) &&
  new URL(path, here).origin === here
