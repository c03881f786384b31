/**
 * A real Dovecot on loopback, in a folder and on ports of its own, with twenty mailboxes. For tests of the IMAP client and
 * of what reads mailboxes. Needs the package dovecot-imapd and the start script beside the repository: `dovecotMissing`
 * says which of them is not there.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually } from './eventually.ts'
import { listenOnLoopback } from './listen-on-loopback.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const script = join(root, '../shared/testservers/dovecot/dc.sh')

/** Debian puts daemons where the search path of ordinary users does not look. */
const searchPath = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`

const isInstalled = (program: string): boolean =>
  searchPath.split(':').some((folder) => existsSync(join(folder, program)))

const missing = (): string | undefined => {
  if (!existsSync(script)) return 'the start script ../shared/testservers/dovecot/dc.sh'
  return isInstalled('dovecot') && isInstalled('doveadm') ? undefined : 'the package dovecot-imapd'
}

/** What is missing for starting it here, for the name of the tests that are left out; undefined: nothing. */
export const dovecotMissing = missing()

export type Dovecot = {
  readonly host: '127.0.0.1'
  readonly port: number
  /** TLS from the first byte, with the certificate below. */
  readonly tlsPort: number
  /** PEM of the self-signed certificate, for `localhost` and 127.0.0.1. */
  readonly certificate: string
  /** Each with an empty mailbox: `box1@example.test` and so on. */
  readonly users: readonly DovecotUser[]
  /** The n-th user, from 1. */
  readonly user: (n: number) => DovecotUser
  /** Runs `doveadm` with these arguments and this input; resolves with what it printed. */
  readonly doveadm: (args: readonly string[], input?: Uint8Array | string) => Promise<string>
  /** Delivers a mail, unseen. */
  readonly deliver: (user: DovecotUser, mail: Uint8Array | string, folder?: string) => Promise<void>
  /** Appends many mails over one connection, in order. Fast: a thousand take a second or two. */
  readonly append: (
    user: DovecotUser,
    mails: readonly (Uint8Array | string)[],
    folder?: string,
  ) => Promise<void>
  /** What the server has written into its log. */
  readonly log: () => Promise<string>
  /** Hangs up on all of a user's sessions; rejects when there is none. */
  readonly kick: (user: DovecotUser) => Promise<void>
  /** Stops the server; `start` brings it back on the same ports with the same mail. */
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

export type DovecotUser = { readonly user: string; readonly password: string }

const execute = async (
  program: string,
  args: readonly string[],
  input: Uint8Array | string = '',
): Promise<string> => {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const options = { env: { ...process.env, PATH: searchPath }, maxBuffer: 64 * 1024 * 1024 }
  const child = execFile(program, [...args], options, (error, stdout, stderr) => {
    if (error === null) resolve(stdout)
    else reject(new Error(`${program} ${args.join(' ')}: ${error.message}\n${stderr}`))
  })
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(input)
  return await promise
}

/** A daemon that is left behind keeps the output of whoever started it open, so nobody reads that. */
const runQuietly = async (program: string, args: readonly string[]): Promise<void> => {
  const env = { ...process.env, PATH: searchPath }
  const child = spawn(program, args, { env, stdio: 'ignore' })
  await once(child, 'exit')
  if (child.exitCode !== 0) throw new Error(`${program} ${args[0]} ended with ${child.exitCode}`)
}

type Place = { readonly folder: string; readonly port: number; readonly tlsPort: number }

/** What the script can't do for ordinary users: everything runs as who asks for it, and in no changed root. */
const configAsSelf = async ({ folder, port, tlsPort }: Place): Promise<string> => {
  const { username, uid, gid } = userInfo()
  const group = (await execute('id', ['-gn'])).trim()
  const template = await readFile(join(dirname(script), 'dovecot.conf.in'), 'utf8')
  const filled = template
    .replaceAll('@D@', folder)
    .replaceAll('@P@', String(port))
    .replaceAll('@S@', String(tlsPort))
    .replace(/^mail_uid = .*/m, `mail_uid = ${uid}`)
    .replace(/^mail_gid = .*/m, `mail_gid = ${gid}`)
    .replace(/^first_valid_uid = .*/m, `first_valid_uid = ${uid}`)
    .replace('uid=5000 gid=5000', `uid=${uid} gid=${gid}`)
  const services = ['anvil', 'imap-login', 'stats'].map(
    (name) => `service ${name} {\n chroot =\n}\n`,
  )
  const own = `default_internal_user = ${username}\ndefault_internal_group = ${group}\ndefault_login_user = ${username}\n`
  return filled + own + services.join('')
}

const makeCertificate = async (folder: string): Promise<void> => {
  const words =
    'req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1'
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  await execute('openssl', [...words.split(' '), '-keyout', key, '-out', cert])
}

const startAsSelf = async (place: Place): Promise<void> => {
  const { folder } = place
  const config = join(folder, 'dovecot.conf')
  if (!existsSync(config)) {
    for (const name of ['run', 'state', 'mail']) await mkdir(join(folder, name))
    await makeCertificate(folder)
    await writeFile(config, await configAsSelf(place))
  }
  await runQuietly('dovecot', ['-c', config])
}

const stopAsSelf = async ({ folder }: Place): Promise<void> => {
  await runQuietly('doveadm', ['-c', join(folder, 'dovecot.conf'), 'stop'])
  await eventually(() => {
    if (existsSync(join(folder, 'run/master.pid'))) throw new Error('Dovecot does not stop')
  })
}

const isRoot = process.getuid?.() === 0

const startIn = async (place: Place): Promise<void> => {
  const { folder, port, tlsPort } = place
  if (!isRoot) return await startAsSelf(place)
  await runQuietly('bash', [script, 'start', folder, String(port), String(tlsPort)])
}

const stopIn = async (place: Place): Promise<void> =>
  isRoot ? await runQuietly('bash', [script, 'stop', place.folder]) : await stopAsSelf(place)

/** RFC 7888: the server does not ask for each message, so that all can be sent at once. */
const appendAll = async (
  port: number,
  { user, password }: DovecotUser,
  mails: readonly (Uint8Array | string)[],
  folder: string,
): Promise<void> => {
  const socket = connect(port, '127.0.0.1')
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const state = { heard: '', isIn: false }
  // Not before the login: the process that takes it can't hand much on to the one that reads mail.
  const write = (): void => {
    for (const mail of mails) {
      const bytes = Buffer.from(mail)
      socket.write(`a APPEND "${folder}" {${bytes.length}+}\r\n`)
      socket.write(bytes)
      socket.write('\r\n')
    }
    socket.write('last NOOP\r\n')
  }
  socket.on('error', reject)
  socket.on('close', () => reject(new Error(`the server hung up: ${state.heard}`)))
  socket.on('data', (chunk: Buffer) => {
    state.heard = (state.heard + chunk.toString()).slice(-4_000)
    if (/^\w+ (?:NO|BAD) /m.test(state.heard)) reject(new Error(state.heard))
    if (/^last OK /m.test(state.heard)) resolve()
    if (state.isIn || !/^in OK /m.test(state.heard)) return
    state.isIn = true
    write()
  })
  socket.write(`in LOGIN "${user}" "${password}"\r\n`)
  try {
    await promise
  } finally {
    socket.destroy()
  }
}

const freePort = async (): Promise<number> => {
  const server = createServer()
  const port = await listenOnLoopback(server)
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

const mostUsers = 20

/** Starts one. Use it with `await using`; test `dovecotMissing` before. */
export const startDovecot = async (): Promise<Dovecot> => {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-dovecot-'))
  const users = Array.from({ length: mostUsers }, (_, n) => ({
    user: `box${n + 1}@example.test`,
    password: `secret${n + 1}`,
  }))
  // Before the start: of one that is added later Dovecot hears only after a second.
  const lines = users.map(({ user, password }) => `${user}:{PLAIN}${password}\n`)
  await writeFile(join(folder, 'users'), lines.join(''))
  const [port, tlsPort] = [await freePort(), await freePort()]
  const config = join(folder, 'dovecot.conf')
  const doveadm: Dovecot['doveadm'] = async (args, input) =>
    await execute('doveadm', ['-c', config, ...args], input)
  const start = async (): Promise<void> => await startIn({ folder, port, tlsPort })
  const stop = async (): Promise<void> => await stopIn({ folder, port, tlsPort })
  await start()
  return {
    host: '127.0.0.1',
    port,
    tlsPort,
    certificate: await readFile(join(folder, 'cert.pem'), 'utf8'),
    users,
    user: (n) => {
      const found = users[n - 1]
      if (found === undefined) throw new Error(`there are ${mostUsers} users`)
      return found
    },
    doveadm,
    deliver: async ({ user }, mail, mailbox = 'INBOX') =>
      void (await doveadm(['save', '-u', user, '-m', mailbox], mail)),
    append: async (user, mails, mailbox = 'INBOX') => await appendAll(port, user, mails, mailbox),
    log: async () => await readFile(join(folder, 'dovecot.log'), 'utf8'),
    kick: async ({ user }) => void (await doveadm(['kick', user])),
    stop,
    start,
    [Symbol.asyncDispose]: async () => {
      await stop().catch(() => undefined)
      await rm(folder, { recursive: true, force: true, maxRetries: 20 })
    },
  }
}
