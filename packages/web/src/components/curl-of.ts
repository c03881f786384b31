/** A call of the API as a curl command that can be pasted into a shell. Pure. */

export type ApiCall = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its query: `/api/v1/deliveries?state=failed`. */
  readonly path: string
  readonly body?: unknown
}

type Where = {
  readonly origin: string
  /** Only a platform-admin key has to name it. */
  readonly tenant?: string
}

/** In single quotes, which a POSIX shell leaves alone. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

/** The key is left to the shell's variable CARILLON_API_KEY. */
export const curlOf = ({ method, path, body }: ApiCall, { origin, tenant }: Where): string =>
  [
    `curl ${method === 'GET' ? '' : `-X ${method} `}${quoted(`${origin}${path}`)}`,
    '-H "Authorization: Bearer $CARILLON_API_KEY"',
    ...(tenant === undefined ? [] : [`-H ${quoted(`Carillon-Tenant: ${tenant}`)}`]),
    ...(body === undefined
      ? []
      : ["-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`]),
  ].join(' \\\n  ')
