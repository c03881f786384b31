/**
 * What the launchers need before any TypeScript can run: the dependencies (installed when missing or outdated), a
 * Node new enough to run `.ts`, and a child process that lives and dies with us. Plain JavaScript for Node >= 18,
 * because it runs before the bundled Node is there. Not for anything the application itself does.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository, wherever the caller stands. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Node 24 is the first that runs our `.ts` files as they are. */
const wantedMajor = 24
const modules = join(root, 'node_modules')
const stampFile = join(modules, '.carillon-installed')
/** Two installs in one folder destroy each other; a launcher that died leaves a lock of a process that is gone. */
const lockFile = join(root, '.cache', 'install.lock')
/** A slow network needs minutes; nobody waits longer than this for another launcher's install. */
const lockWaitMs = 15 * 60_000

/** What ends us ends the child too. */
const forwarded = ['SIGTERM', 'SIGINT', 'SIGHUP']

const say = (sentence) => process.stderr.write(`carillon: ${sentence}\n`)

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))

const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')

/**
 * Compares what npm says it installed with what the lock file asks for. Packages for other platforms are missing on
 * purpose, and so are the development tools where only `production` is needed.
 */
const matchesLock = (production) => {
  const installedFile = join(modules, '.package-lock.json')
  if (!existsSync(installedFile)) return false
  const installed = readJson(installedFile).packages
  const wanted = readJson(join(root, 'package-lock.json')).packages
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true
    if (entry.link) return existsSync(join(root, path))
    const found = installed[path]
    if (found) return found.version === entry.version && existsSync(join(root, path))
    return Boolean(entry.optional || entry.devOptional || (production && entry.dev))
  })
}

const isInstalled = (production) => {
  if (!existsSync(modules)) return false
  const hash = lockHash()
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === hash) return true
  if (!matchesLock(production)) return false
  if (matchesLock(false)) stamp(hash)
  return true
}

const stamp = (hash) => {
  try {
    writeFileSync(stampFile, hash)
  } catch (error) {
    // A read-only installation (an image) is compared anew at each start: slower by milliseconds, not wrong.
    if (!['EROFS', 'EACCES', 'EPERM'].includes(error.code)) throw error
  }
}

/** npm's own path when npm started us (it may not be on PATH), else whatever `npm` is. */
const npmCommand = () => {
  const npm = process.env.npm_execpath
  if (npm && basename(npm) === 'npm-cli.js' && existsSync(npm))
    return { command: process.execPath, before: [npm] }
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', before: [] }
}

/** Resolves to npm's exit code and everything it printed: shown only when it fails. */
const runNpm = (verb, production) =>
  new Promise((resolve) => {
    const { command, before } = npmCommand()
    const flags = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=error']
    if (!production) flags.push('--include=dev')
    // The lock file was made for this tree; an `npm install` must not rewrite it behind the user's back.
    if (verb === 'install') flags.push('--no-save')
    const npm = spawn(command, [...before, verb, ...flags], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    })
    installing = npm
    let output = ''
    for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (chunk) => (output += chunk))
    npm.on('error', (error) => resolve({ code: 1, output: error.message }))
    npm.on('close', (code, signal) => resolve({ code, output: signal ?? output }))
  })

/** The npm that runs now, so that a signal ends it with us. */
let installing

/** The first line in which npm gives a reason, of the many that it prints. */
const firstReason = (output) =>
  output
    .split('\n')
    .map((line) => line.replace(/^npm (error|ERR!)\s*/, '').trim())
    .find((line) => line !== '' && !line.startsWith('code ')) ?? 'no reason given'

const install = async (production) => {
  const outputs = []
  for (const verb of ['ci', 'install']) {
    say(`installing the dependencies (npm ${verb}) ...`)
    const startedMs = Date.now()
    const { code, output } = await runNpm(verb, production)
    if (code === 0) {
      say(`dependencies installed in ${Math.round((Date.now() - startedMs) / 1000)} s`)
      return
    }
    say(`npm ${verb} failed: ${firstReason(output)}`)
    outputs.push(`npm ${verb}: ${output}`)
  }
  throw new Error(
    `The dependencies could not be installed. Check the network and run \`npm ci\` by hand.\n${outputs.join('\n')}`,
  )
}

const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

const takeLock = () => {
  mkdirSync(dirname(lockFile), { recursive: true })
  try {
    writeFileSync(lockFile, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    return false
  }
}

const removeDeadLock = () => {
  const holder = Number(existsSync(lockFile) ? readFileSync(lockFile, 'utf8') : 0)
  // An empty file is a lock that is just being written.
  if (holder > 0 && !isAlive(holder)) rmSync(lockFile, { force: true })
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const waitForLock = async () => {
  const giveUpMs = Date.now() + lockWaitMs
  while (!takeLock()) {
    if (Date.now() > giveUpMs) throw new Error(`Another install never ended: delete ${lockFile}.`)
    removeDeadLock()
    await sleep(200)
  }
}

/** npm needs a moment to stop; one that writes on while the next launcher installs would spoil its work. */
const npmStopMs = 3000

const stopInstalling = (signal) => {
  const leave = () => {
    rmSync(lockFile, { force: true })
    process.exit(128 + constants.signals[signal])
  }
  if (!installing || installing.exitCode !== null) return leave()
  installing.on('exit', leave)
  installing.kill('SIGTERM')
  setTimeout(() => installing.kill('SIGKILL'), npmStopMs)
}

/**
 * Installs what the lock file asks for when it is not there yet; at most one launcher at a time does it.
 * `production` leaves out development tools that are missing. Throws an Error with the remedy when npm fails.
 */
export const ensureInstalled = async ({ production }) => {
  if (isInstalled(production)) return
  await waitForLock()
  for (const signal of forwarded) process.on(signal, stopInstalling)
  try {
    if (!isInstalled(production)) {
      await install(production)
      if (matchesLock(false)) stamp(lockHash())
    }
  } finally {
    for (const signal of forwarded) process.off(signal, stopInstalling)
    rmSync(lockFile, { force: true })
  }
}

/** The Node that runs our TypeScript: this one when it is new enough, else the one that came with the dependencies. */
export const chooseNode = () => {
  if (Number(process.versions.node.split('.')[0]) >= wantedMajor) return process.execPath
  const bundled = join(modules, '.bin', 'node')
  if (existsSync(bundled) && statSync(bundled).isFile()) return bundled
  throw new Error(
    `Carillon needs Node ${wantedMajor} or newer. This is Node ${process.versions.node}, and none came with the dependencies ` +
      `for ${process.platform}-${process.arch}. Install Node ${wantedMajor} (https://nodejs.org/en/download) and start again.`,
  )
}

/** The same signal twice within this time is one: npm, the terminal and a supervisor may each pass it on. */
const sameSignalMs = 1000

const forwardSignals = (child) => {
  const lastMs = new Map()
  const isInteractive = process.stdin.isTTY || process.stdout.isTTY
  for (const signal of forwarded) {
    process.on(signal, () => {
      // Ctrl-C reaches every process of the terminal by itself; passing it on would make it count twice.
      if (signal === 'SIGINT' && isInteractive) return
      if (Date.now() - (lastMs.get(signal) ?? 0) < sameSignalMs) return
      lastMs.set(signal, Date.now())
      child.kill(signal)
    })
  }
}

/** The processes that npm started us through: our parent, and npm itself where a shell stands between. */
const starters = () => {
  const parent = process.ppid
  try {
    // `pid (name) state ppid ...`, see proc(5). The name may hold spaces and brackets: read after the last one.
    const stat = readFileSync(`/proc/${parent}/stat`, 'utf8')
    const isShell = /\((?:sh|dash|bash|ash|busybox)\)/.test(stat)
    const grandparent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    return isShell ? [parent, grandparent] : [parent]
  } catch (error) {
    // No /proc on this system: the parent alone has to do.
    if (error.code !== 'ENOENT') throw error
    return [parent]
  }
}

/**
 * A killed npm passes nothing on, and the shell that npx starts us through takes a SIGTERM for itself: when whoever
 * started us is gone, nobody else would stop us.
 */
const stopWhenOrphaned = (child) => {
  if (!process.env.npm_lifecycle_event) return
  const watched = starters()
  const timer = setInterval(() => {
    if (process.ppid === watched[0] && watched.every(isAlive)) return
    clearInterval(timer)
    child.kill('SIGTERM')
  }, 300)
  timer.unref()
}

/**
 * Runs `node ...args` to its end and ends like it: same exit code, or the same signal. The child holds an IPC channel
 * to us, so that it sees `disconnect` when we are killed in a way that can't be passed on.
 */
export const runNode = (args) => {
  const node = chooseNode()
  const compileCache = process.env.NODE_COMPILE_CACHE ?? join(modules, '.cache', 'node-compile')
  const child = spawn(node, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
  })
  forwardSignals(child)
  stopWhenOrphaned(child)
  child.on('error', (error) => fail(new Error(`${node} could not be started: ${error.message}`)))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
    // Some signals don't end a process at once: the shell's number for "ended by signal" is the fallback.
    setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 1000)
  })
}

/** Ends the launcher with a sentence instead of a stack trace: what failed here is the machine, not our code. */
export const fail = (error) => {
  say(error.message)
  process.exit(1)
}
