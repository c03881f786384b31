/** How server data is kept: asked for again when it is ten seconds old, and a session that has ended leads to signing in. */
import { CarillonError } from '@carillon/client'
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { basePath } from './api.ts'
import { isOpenPath } from './open-paths.ts'
import { noteSignedIn } from './signed-in-before.ts'

const staleMs = 10_000

/** Where to sign in, and to come back from. */
const signInUrl = (): string => {
  const { pathname, search } = globalThis.location
  return `/sign-in?next=${encodeURIComponent(`${pathname}${search}`)}`
}

const leaveWhenSignedOut = (error: unknown): void => {
  const isOver = error instanceof CarillonError && error.status === 401
  const path = globalThis.location.pathname.slice(basePath === '/' ? 0 : basePath.length)
  if (!isOver || isOpenPath(path)) return
  noteSignedIn(false)
  globalThis.location.assign(signInUrl())
}

/** Of the whole UI. The client repeats what can be repeated, so nothing is repeated here. */
export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: leaveWhenSignedOut }),
  mutationCache: new MutationCache({ onError: leaveWhenSignedOut }),
  defaultOptions: {
    queries: { staleTime: staleMs, retry: false, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
})
