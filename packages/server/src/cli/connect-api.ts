/** The API client of a verb, from the environment: CARILLON_URL, CARILLON_API_KEY or the generated admin key, --tenant. */
import { isIP } from 'node:net'
import { adminKeyPath, readAdminKey } from '../access/admin-key-file.ts'
import type { Io } from '../main.ts'
import { sleep } from '../platform/lifecycle/waiting.ts'
import { createApiClient, type ApiClient } from './api-client.ts'
import { describeError } from './describe-error.ts'
import { loadConfig } from './load-config.ts'

const defaultUrl = 'http://127.0.0.1:8080'

/** The options that every verb with an API has. */
export const apiOptions = { tenant: { type: 'string' } } as const

/** For the help of these verbs. */
export const apiHelp = `  --tenant slug   act in this tenant (a platform-admin key can; default: "default")

Environment:
  CARILLON_URL      the server's address, default ${defaultUrl}, or the port of CARILLON_PORT there
  CARILLON_API_KEY  an API key; without it, on the server's own machine, the admin key generated in CARILLON_DATA_DIR`

type ConnectOptions = {
  readonly tenant?: string | undefined
  /** false: a server that is not there is not waited for. */
  readonly isPatient?: boolean
}

/** A client, or undefined after `io.err` was told what is missing: exit code 2. */
export const connectApi = async (
  io: Io,
  { tenant, isPatient = true }: ConnectOptions,
): Promise<ApiClient | undefined> => {
  const url = readUrl(io)
  if (url === undefined) return undefined
  if (tenant !== undefined && !/^[\x21-\x7e]+$/.test(tenant)) {
    io.err(`carillon: --tenant takes a tenant's slug such as acme, not "${tenant}"`)
    return undefined
  }
  const key = await findKey(io, url)
  if (key === undefined) return undefined
  return createApiClient({
    url,
    ...key,
    tenant,
    warn: (line) => io.err(`carillon: ${line}`),
    pause: async (ms) => await sleep(isPatient ? ms : 0, new AbortController().signal),
  })
}

const textOf = (io: Io, name: string): string | undefined => {
  const value = io.env[name]?.trim()
  return value === '' ? undefined : value
}

/** Who set CARILLON_PORT for the server, in .env or the shell, has it here too. 0 is a port that nobody can know. */
const ownUrl = (io: Io): string => {
  const port = textOf(io, 'CARILLON_PORT')
  return port === undefined || !/^[1-9]\d{0,4}$/.test(port)
    ? defaultUrl
    : `http://127.0.0.1:${port}`
}

const readUrl = (io: Io): string | undefined => {
  const text = textOf(io, 'CARILLON_URL') ?? ownUrl(io)
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (url !== undefined && isHttp && url.username === '' && url.search === '' && url.hash === '') {
    return url.href.replace(/\/+$/, '')
  }
  io.err(`carillon: CARILLON_URL must be an http(s) address such as ${defaultUrl}`)
  return undefined
}

type Key = { readonly apiKey: string; readonly keySource: string }

const findKey = async (io: Io, url: string): Promise<Key | undefined> => {
  const given = textOf(io, 'CARILLON_API_KEY')
  if (given !== undefined) return checkKey(io, { apiKey: given, keySource: 'CARILLON_API_KEY' })
  // The generated key may do everything on this installation: it goes to no other machine.
  if (!isLoopback(new URL(url).hostname)) {
    io.err(`carillon: set CARILLON_API_KEY to an API key of ${url}`)
    return undefined
  }
  const config = loadConfig(io)
  return config === undefined ? undefined : await findGeneratedKey(io, config.dataDir)
}

const findGeneratedKey = async (io: Io, dataDir: string): Promise<Key | undefined> => {
  try {
    const apiKey = await readAdminKey(dataDir)
    if (apiKey !== undefined) return { apiKey, keySource: adminKeyPath(dataDir) }
    io.err(
      `carillon: there is no API key: set CARILLON_API_KEY, or set CARILLON_DATA_DIR to the server's data directory (now ${dataDir}), where its generated admin key is`,
    )
  } catch (error) {
    io.err(`carillon: ${describeError(error)}`)
  }
  return undefined
}

const checkKey = (io: Io, key: Key): Key | undefined => {
  if (/^[\x21-\x7e]+$/.test(key.apiKey)) return key
  io.err('carillon: CARILLON_API_KEY has characters that no API key has: copy it again')
  return undefined
}

/** Is this host name of a URL this machine itself? */
export const isLoopback = (hostname: string): boolean => {
  const host = hostname.replace(/^\[|\]$/g, '')
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
