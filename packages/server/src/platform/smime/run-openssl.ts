/**
 * Runs one openssl command in a child process that can do little harm: no shell expansion, no configuration, limits on
 * time, memory and output. Not for what is asked (`verify-signature.ts`).
 */
import { execFile } from 'node:child_process'

export type OpensslResult =
  | { readonly kind: 'done'; readonly code: number; readonly stderr: string }
  /** It is not installed, took too long, or died. */
  | { readonly kind: 'unavailable'; readonly reason: string }

export type OpensslOptions = {
  /** The program. "openssl", or a path. */
  readonly program: string
  readonly timeoutMs: number
  /** Where it runs; files are named relative to it. */
  readonly folder: string
}

const maxOutputBytes = 64 * 1024
/** Address space: openssl with 40 MB of content needs some 60 MB. */
const maxMemoryKiB = 1_048_576
const notFoundCode = 127
/** Where systems and package managers put it. A path of the operator's goes into `program`. */
const searchPath = '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin'

// The shell sets the limits where the system has them, and becomes openssl. All words of the command are arguments.
const limited = (timeoutMs: number): string =>
  [
    `ulimit -v ${maxMemoryKiB} 2>/dev/null`,
    `ulimit -t ${Math.ceil(timeoutMs / 1_000)} 2>/dev/null`,
    'ulimit -c 0 2>/dev/null',
    'exec "$0" "$@"',
  ].join('; ')

/** Resolves with the exit code and what it complained of; never rejects. Ends early when `signal` fires. */
export const runOpenssl = async (
  args: readonly string[],
  { program, timeoutMs, folder }: OpensslOptions,
  signal: AbortSignal,
): Promise<OpensslResult> => {
  const { promise, resolve } = Promise.withResolvers<OpensslResult>()
  const unavailable = (reason: string): void => resolve({ kind: 'unavailable', reason })
  execFile(
    '/bin/sh',
    ['-c', limited(timeoutMs), program, ...args],
    {
      cwd: folder,
      env: { PATH: searchPath, LC_ALL: 'C', OPENSSL_CONF: '/dev/null' },
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: maxOutputBytes,
      signal,
    },
    (error, _stdout, stderr) => {
      if (error === null) return resolve({ kind: 'done', code: 0, stderr })
      if (signal.aborted) return unavailable('stopped')
      if (error.killed === true) return unavailable('openssl took too long, or said too much')
      if (error.code === notFoundCode) return unavailable('openssl is not installed')
      if (typeof error.code !== 'number')
        return unavailable(`openssl did not run: ${error.message}`)
      resolve({ kind: 'done', code: error.code, stderr })
    },
  )
  return await promise
}
