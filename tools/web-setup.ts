/** Builds the UI once before the browser's journeys, as `npm start` would. For vitest. */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from './run-program.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Called by vitest before all tests of the project. Throws when the UI can't be built. */
export const setup = async (): Promise<void> => {
  const result = await runProgram(process.execPath, ['tools/build-web.mjs'], {
    cwd: root,
    output: 'collect',
  })
  if (result.code !== 0) throw new Error(`the UI could not be built:\n${result.output}`)
}
