/**
 * Tells who uses a data folder: another living Carillon, or a Postgres that a killed one left behind for a moment. Not
 * the lock itself (guard.sh holds that); this is what is known about its holder.
 */
import { execFile } from 'node:child_process'
import { readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { type DataFolder, readIfThere } from './data-folder.ts'

const run = promisify(execFile)

/** Which process this is, so that a reused process id isn't taken for it. Undefined: no such process is seen from here. */
const processIdentity = async (pid: number): Promise<string | undefined> => {
  try {
    if (process.platform !== 'linux') {
      return `${pid} ${(await run('ps', ['-o', 'lstart=', '-p', `${pid}`])).stdout.trim()}`
    }
    const status = await readFile(`/proc/${pid}/stat`, 'utf8')
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
    // The name in parentheses may hold blanks. After it: field 3 is the state, field 22 the start in ticks since boot.
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : `${pid} ${boot} ${fields[19]}`
  } catch (error) {
    // Gone (or hidden from us): both mean that nothing can be said about it. The lock decides then.
    if (error instanceof Error) return undefined
    throw error
  }
}

/** Writes into the lock file that this process owns the folder. Call it only while holding the lock. */
export const claimFolder = async (folder: DataFolder): Promise<void> =>
  writeFile(folder.lock, (await processIdentity(process.pid)) ?? `${process.pid}`)

/** Takes our name off the lock file, after our Postgres has ended. */
export const releaseFolder = async (folder: DataFolder): Promise<void> =>
  truncate(folder.lock, 0).catch((error: unknown) => {
    // A disposable folder is gone by now; otherwise the next start sees that our process ended.
    if (!(error instanceof Error)) throw error
  })

/** The process id of the living Carillon that uses this folder, or undefined. */
export const livingOwner = async (folder: DataFolder): Promise<number | undefined> => {
  const claim = (await readIfThere(folder.lock))?.trim() ?? ''
  const pid = Number.parseInt(claim, 10)
  if (!(pid > 0)) return undefined
  return (await processIdentity(pid)) === claim ? pid : undefined
}

/** The process id of a Postgres that runs on exactly this cluster, or undefined. A reused id doesn't deceive it. */
export const runningPostgres = async (folder: DataFolder): Promise<number | undefined> => {
  const pid = Number.parseInt((await readIfThere(postmasterFile(folder))) ?? '', 10)
  if (!(pid > 0)) return undefined
  const command = await commandLine(pid)
  return command.includes('postgres') && command.includes(folder.cluster) ? pid : undefined
}

/**
 * Removes postmaster.pid when the process that it names lives but is not a Postgres of this cluster: Postgres would
 * refuse to start (in containers process ids come again at once). Call it only while holding the lock.
 */
export const removeMisleadingPid = async (folder: DataFolder): Promise<void> => {
  const pid = Number.parseInt((await readIfThere(postmasterFile(folder))) ?? '', 10)
  if (pid > 0 && (await processIdentity(pid)) !== undefined) await rm(postmasterFile(folder))
}

/** Where Postgres writes its process id; line 8 becomes `ready`. */
export const postmasterFile = (folder: DataFolder): string => `${folder.cluster}/postmaster.pid`

const commandLine = async (pid: number): Promise<string> => {
  try {
    // World-readable, unlike /proc/<pid>/cwd, which root in a container may not read.
    if (process.platform === 'linux') return await readFile(`/proc/${pid}/cmdline`, 'utf8')
    return (await run('ps', ['-o', 'command=', '-p', `${pid}`])).stdout
  } catch (error) {
    if (error instanceof Error) return ''
    throw error
  }
}
