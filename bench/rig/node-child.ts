/** Child processes of a benchmark, spoken to over Node's IPC channel. Not for Carillon itself (`carillon.ts`). */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const benchFolder = dirname(dirname(fileURLToPath(import.meta.url)))

export type NodeChild = {
  readonly pid: number
  /** Sends a message and waits for the next one from the child. */
  readonly ask: <Answer>(message: unknown) => Promise<Answer>
  /** The next message that the child sends by itself. */
  readonly next: <Answer>() => Promise<Answer>
  readonly stop: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** Starts `bench/<script>` with these arguments. Whoever asks after it ended gets a rejection. */
export const startNodeChild = (
  script: string,
  args: readonly string[] = [],
  execArgv: readonly string[] = [],
): NodeChild => {
  const child = fork(join(benchFolder, script), [...args], { execArgv: [...execArgv] })
  const name = `${script} ${args[0] ?? ''}`
  const next = async <Answer>(): Promise<Answer> => await nextMessage<Answer>(child, name)
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
  return {
    pid: child.pid ?? 0,
    ask: async <Answer>(message: unknown) => {
      const answer = next<Answer>()
      child.send(message as string)
      return await answer
    },
    next,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

const nextMessage = async <Answer>(child: ChildProcess, name: string): Promise<Answer> =>
  await new Promise<Answer>((resolve, reject) => {
    const onExit = (code: number | null): void => {
      child.off('message', onMessage)
      reject(new Error(`${name} ended with ${code} before it answered`))
    }
    const onMessage = (message: unknown): void => {
      child.off('exit', onExit)
      resolve(message as Answer)
    }
    child.once('exit', onExit)
    child.once('message', onMessage)
  })

/** For the child's side: every message of the parent gets the answer of `handle`. */
export const answerParent = (handle: (message: unknown) => unknown): void => {
  process.on('message', (message) => {
    void (async () => process.send?.(await handle(message)))()
  })
}
