/** Keeps a file that comes in until it has been read, so that its sender need not wait. On this machine only, and gone with the process. */
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type SpooledFile = {
  /** Its bytes; throws what `signal` says when that is aborted. */
  readonly read: (signal: AbortSignal) => AsyncIterable<Buffer>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** Takes the whole file. It has no name from the start on: nothing of it is left when the process dies. */
export const spoolFile = async (file: AsyncIterable<Buffer>): Promise<SpooledFile> => {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-import-'))
  const handle = await open(join(folder, 'file'), 'wx+', 0o600)
  await rm(folder, { recursive: true })
  try {
    for await (const bytes of file) await handle.write(bytes)
  } catch (error) {
    await handle.close()
    throw error
  }
  return {
    read: (signal) => handle.createReadStream({ start: 0, autoClose: false, signal }),
    [Symbol.asyncDispose]: async () => await handle.close(),
  }
}
