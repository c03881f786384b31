/**
 * The first file of a function's thread: takes over the process's cache of compiled code before anything else is loaded,
 * because without it a thread compiles the same files anew each time (four times as slow to start). Knows nothing else.
 */
import { enableCompileCache } from 'node:module'
import { workerData } from 'node:worker_threads'

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what `start-thread.ts` gave
const { compileCache } = workerData as { readonly compileCache: string | undefined }
if (compileCache !== undefined) enableCompileCache(compileCache)
await import('./function-thread.ts')
