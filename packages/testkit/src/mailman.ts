/**
 * A real Mailman 3 Core of the machine (Debian's mailman3), in a folder of its own: REST on loopback, no mail leaves. For
 * end-to-end tests; where it is not installed they say that they were left out.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { listenOnLoopback } from './listen-on-loopback.ts'

const script = resolve(import.meta.dirname, '../../../../shared/testservers/mailman/mm3.sh')
const isThere = existsSync(script) && existsSync('/usr/lib/mailman3/bin/runner')

/** For `test.skipIf` and the end of the title. */
export const mailmanHere = {
  isThere,
  leftOut: isThere ? '' : ' (LEFT OUT: mailman3 or shared/testservers/mailman is missing)',
}

export type MailmanReply = { readonly status: number; readonly body: unknown }

export type Mailman = {
  readonly url: string
  readonly user: string
  readonly password: string
  /** One call below /3.1. */
  readonly call: (method: string, path: string, body?: unknown) => Promise<MailmanReply>
  /** Makes a list, such as members@example.test; its settings may differ from Mailman's. */
  readonly list: (address: string, config?: Readonly<Record<string, unknown>>) => Promise<void>
  /** Address -> display name. */
  readonly roster: (address: string) => Promise<ReadonlyMap<string, string>>
  readonly held: (address: string) => Promise<readonly string[]>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const run = promisify(execFile)

const freePort = async (): Promise<number> => {
  const server = createServer()
  const port = await listenOnLoopback(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

const credentials = { user: 'restadmin', password: 'restpass' }
const authorization = `Basic ${Buffer.from('restadmin:restpass').toString('base64')}`

type Entry = { readonly email: string; readonly display_name: string }

/** Starts one; resolves when it answers. Throws what its starter prints when it does not. */
export const startMailman = async (): Promise<Mailman> => {
  const dir = await mkdtemp(join(tmpdir(), 'carillon-mailman-'))
  const port = await freePort()
  await run('bash', [script, 'start', dir, String(port)])
  const url = `http://127.0.0.1:${port}`
  const call: Mailman['call'] = async (method, path, body) => {
    const answer = await fetch(`${url}/3.1${path}`, {
      method,
      headers: {
        authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  const entries = async (path: string): Promise<readonly Entry[]> => {
    const { body } = await call('GET', path)
    return (body as { readonly entries?: readonly Entry[] }).entries ?? []
  }
  const idOf = (address: string): string => address.replace('@', '.')
  return {
    url,
    ...credentials,
    call,
    list: async (address, config = {}) => {
      await call('POST', '/domains', { mail_host: address.slice(address.indexOf('@') + 1) })
      const made = await call('POST', '/lists', { fqdn_listname: address })
      if (made.status !== 201) throw new Error(`${address}: ${JSON.stringify(made)}`)
      const quiet = { send_goodbye_message: false, ...config }
      await call('PATCH', `/lists/${idOf(address)}/config`, quiet)
    },
    roster: async (address) => {
      const fields = 'count=10000&page=1&fields=email&fields=display_name'
      const all = await entries(`/lists/${idOf(address)}/roster/member?${fields}`)
      return new Map(all.map(({ email, display_name: name }) => [email, name]))
    },
    held: async (address) => {
      const query = `list_id=${idOf(address)}&role=member&delivery_status=by_moderator`
      const all = await entries(`/members/find?${query}&count=10000&page=1&fields=email`)
      return all.map(({ email }) => email).toSorted()
    },
    [Symbol.asyncDispose]: async () => {
      await run('bash', [script, 'stop', dir])
      await rm(dir, { recursive: true, force: true, maxRetries: 20 })
    },
  }
}
