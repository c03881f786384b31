/**
 * The thread that compiles MJML: the library is large, slow to load and not made for hostile sources, so it runs beside the
 * process, with bounds, and ends with its work. Started by `compile-mjml.ts` only.
 */
import { parentPort, workerData } from 'node:worker_threads'
import mjml2html from 'mjml'
import type { MjmlProblem, MjmlResult } from './compile-mjml.ts'

const textOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'It can not be compiled.'

/** The library's own list when there is one: its sentence has the process's folder in it. */
const problemsOf = (error: unknown): readonly MjmlProblem[] => {
  const listed: unknown =
    typeof error === 'object' && error !== null && 'errors' in error ? error.errors : undefined
  if (!Array.isArray(listed)) return [{ line: undefined, message: textOf(error) }]
  return listed.map((each: unknown) => ({ line: lineOf(each), message: messageOf(each) }))
}

const lineOf = (problem: unknown): number | undefined =>
  typeof problem === 'object' &&
  problem !== null &&
  'line' in problem &&
  typeof problem.line === 'number'
    ? problem.line
    : undefined

const messageOf = (problem: unknown): string =>
  typeof problem === 'object' &&
  problem !== null &&
  'message' in problem &&
  typeof problem.message === 'string'
    ? problem.message
    : 'It can not be compiled.'

const compile = async (source: string): Promise<MjmlResult> => {
  try {
    const { html } = await mjml2html(source, {
      validationLevel: 'strict',
      // No file of the server gets into a mail; the caller refuses mj-include as well.
      ignoreIncludes: true,
      // By default it adds links to Google's fonts when a text names one of them.
      fonts: {},
    })
    return { ok: true, html }
  } catch (error) {
    return { ok: false, problems: problemsOf(error) }
  }
}

const compileAll = async (sources: readonly unknown[]): Promise<readonly MjmlResult[]> => {
  const results: MjmlResult[] = []
  for (const source of sources) results.push(await compile(String(source)))
  return results
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
parentPort?.postMessage(await compileAll(Array.isArray(workerData) ? workerData : []))
