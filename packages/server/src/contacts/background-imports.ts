/** Imports that go on without the connection that brought their file, in this process. What an import does is `import-contacts.ts`. */
import { AppError } from '@carillon/domain/errors'
import type { ImportView } from './import-schema.ts'
import { beginImport, type ImportRequest, type ImportServices } from './import-contacts.ts'
import { spoolFile, type SpooledFile } from './spool-file.ts'

export type BackgroundImports = {
  /** Takes the file, begins, and lets it go on. Throws `validation_failed` for a file that can't be begun. */
  readonly begin: (request: Omit<ImportRequest, 'interruption'>) => Promise<ImportView>
  /** Breaks off what runs: what was stored stays, the record says so. */
  readonly stop: () => Promise<void>
}

/** None runs yet. */
export const createBackgroundImports = (services: ImportServices): BackgroundImports => {
  const watch = async (end: Promise<ImportView>, spooled: SpooledFile): Promise<void> => {
    await using _file = spooled
    try {
      await end
    } catch (error) {
      // Its record says what is wrong with the file; anything else is ours.
      if (!(error instanceof AppError)) services.log.error({ err: error }, 'an import has ended')
    }
  }
  const stopping = new AbortController()
  const running = new Set<Promise<void>>()
  return {
    begin: async (request) => {
      const spooled = await spoolFile(request.file)
      const import_ = await beginImport(services, {
        ...request,
        file: spooled.read(stopping.signal),
        interruption: 'The server was stopped before the end of the file.',
      }).catch(async (error: unknown) => {
        await spooled[Symbol.asyncDispose]()
        throw error
      })
      const ended = watch(import_.ended, spooled).finally(() => void running.delete(ended))
      running.add(ended)
      return import_.begun
    },
    stop: async () => {
      stopping.abort()
      await Promise.allSettled(running)
    },
  }
}
