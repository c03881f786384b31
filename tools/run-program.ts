/** Runs another program for a tool of ours, and takes it along when the tool is told to stop. Not for the application. */
import { spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'

export type ProgramResult = {
  /** 0: it went well. A program that a signal ended counts as 1. */
  readonly code: number
  /** What it wrote to stdout and stderr, in that order of arrival; empty when it wrote to our terminal directly. */
  readonly output: string
  readonly ms: number
}

type Options = { readonly cwd: string; readonly output: 'collect' | 'inherit' }

/** Runs `command ...args` without input to its end. Never rejects: what can't be started ends with code 1 and says why. */
export const runProgram = async (
  command: string,
  args: readonly string[],
  { cwd, output: mode }: Options,
): Promise<ProgramResult> => {
  const startedMs = performance.now()
  const out = mode === 'inherit' ? 'inherit' : 'pipe'
  const env = process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: '1' }
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', out, out] })
  const stop = (): void => {
    child.kill('SIGTERM')
  }
  for (const event of stopEvents) process.on(event, stop)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  }
  const code = await new Promise<number>((resolve) => {
    child.on('error', (error) => {
      output += error.message
      resolve(1)
    })
    child.on('close', (exitCode) => resolve(exitCode ?? 1))
  })
  for (const event of stopEvents) process.off(event, stop)
  // Some tools colour what they write whenever CI is set, and don't know NO_COLOR.
  const text = process.stdout.isTTY ? output : stripVTControlCharacters(output)
  return { code, output: text, ms: performance.now() - startedMs }
}

/** `disconnect`: the launcher that holds our IPC channel is gone. */
const stopEvents = ['SIGTERM', 'SIGINT', 'SIGHUP', 'disconnect'] as const
