/** The pages that need nobody signed in. Not for what they show. */

const openPaths: readonly string[] = [
  '/sign-in',
  '/setup',
  '/forgot-password',
  '/reset-password',
  '/invitation',
  '/verify-email',
]

/** Is the path (without the tenant's prefix) open to everybody? */
export const isOpenPath = (path: string): boolean => openPaths.includes(path)
