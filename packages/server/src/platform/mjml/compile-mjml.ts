/**
 * MJML (the mark-up of responsive e-mails) into HTML, with Liquid marks left as they are. For the moment of saving: it takes
 * a second, in a thread of its own. Not for rendering, and not for whether the Liquid is valid.
 */
import { Worker } from 'node:worker_threads'
import { systemTimers, type Timers } from '../timers.ts'
import { protectMarks } from './protect-marks.ts'

export type MjmlProblem = {
  /** From 1; undefined: of no line in particular. */
  readonly line: number | undefined
  readonly message: string
}

export type MjmlResult =
  | { readonly ok: true; readonly html: string }
  | { readonly ok: false; readonly problems: readonly MjmlProblem[] }

/** Compiles sources, in their order. Rejects only for faults of ours. */
export type CompileMjml = (sources: readonly string[]) => Promise<readonly MjmlResult[]>

/** Named limits with their reasons. */
const limits = {
  /** Loading the library takes 0.7 s, a long newsletter 0.2 s. */
  wallMs: 10_000,
  /** The library takes 60 MB by itself. */
  heapMb: 256,
  /** Problems told of one source: people mend the first ones first. */
  problems: 20,
}

/** Makes a compiler that has one thread at a time, when it has work. */
export const createMjmlCompiler = ({
  timers = systemTimers,
}: { readonly timers?: Timers } = {}): CompileMjml => {
  let last: Promise<unknown> = Promise.resolve()
  return async (sources) => {
    if (sources.length === 0) return []
    const given = sources.map(prepare)
    const turn = last.then(() =>
      runThread(
        given.map(({ text }) => text),
        timers,
      ),
    )
    // Who comes next does not care how this one ended; this caller does.
    last = turn.catch(() => undefined)
    const results = await turn
    return given.map((each, at) => each.refusal ?? finish(each, results[at]))
  }
}

type Prepared = ReturnType<typeof protectMarks> & { readonly refusal: MjmlResult | undefined }

const prepare = (source: string): Prepared => {
  const include = /<[\s/]*mj-include\b/i.exec(source)
  if (include === null) return { ...protectMarks(source), refusal: undefined }
  const line = source.slice(0, include.index).split('\n').length
  const problem = { line, message: 'mj-include is not available: write the parts out.' }
  return { ...protectMarks(''), refusal: { ok: false, problems: [problem] } }
}

const tooMuch: MjmlResult = {
  ok: false,
  problems: [{ line: undefined, message: 'It takes too long or too much memory to compile.' }],
}

const finish = ({ restore, missingIn }: Prepared, result: MjmlResult | undefined): MjmlResult => {
  if (result === undefined) return tooMuch
  if (!result.ok) {
    const told = result.problems.slice(0, limits.problems)
    return {
      ok: false,
      problems: told.map(({ line, message }) => ({ line, message: restore(message) })),
    }
  }
  const [lost] = missingIn(result.html)
  if (lost === undefined) return { ok: true, html: restore(result.html) }
  const message = `${lost} gets lost, because it does not stand in the text of an element: put it into <mj-raw>.`
  return { ok: false, problems: [{ line: undefined, message }] }
}

/** The results; fewer than sources when the thread ran out of time or memory. */
const runThread = async (
  sources: readonly string[],
  timers: Timers,
): Promise<readonly MjmlResult[]> => {
  if (sources.every((text) => text === '')) return sources.map(() => tooMuch)
  const thread = new Worker(new URL('./mjml-thread.ts', import.meta.url), {
    workerData: sources,
    resourceLimits: { maxOldGenerationSizeMb: limits.heapMb },
    env: {},
    // Nothing of how the process was started, and nothing of what the library prints.
    execArgv: [],
    stdout: true,
    stderr: true,
  })
  try {
    return await new Promise((resolve, reject) => {
      const cancel = timers.after(limits.wallMs, () => resolve([]))
      thread.once('message', resolve)
      thread.once('error', (error: unknown) => {
        if (isOutOfMemory(error)) resolve([])
        else reject(new Error('the thread that compiles MJML has failed', { cause: error }))
      })
      thread.once('exit', () => resolve([]))
      thread.once('exit', cancel)
    })
  } finally {
    await thread.terminate()
  }
}

const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
