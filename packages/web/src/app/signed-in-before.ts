/** Whether somebody was signed in on this device: a hint that spares a request, and no proof of anything. */

const storageKey = 'carillon-signed-in'

/** False on a fresh device, and after signing out. */
export const wasSignedIn = (): boolean => globalThis.localStorage.getItem(storageKey) === 'yes'

/** Keeps the hint. */
export const noteSignedIn = (isSignedIn: boolean): void => {
  if (isSignedIn) globalThis.localStorage.setItem(storageKey, 'yes')
  else globalThis.localStorage.removeItem(storageKey)
}
