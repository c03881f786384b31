/** Is this the URL of a target that a tenant may name? Not the guard against private addresses: that is the HTTP port's. */

/** Returns a sentence that says what to change, or undefined when the URL will do. */
export const targetUrlProblem = (url: string): string | undefined => {
  if (!/^https?:\/\/[^/\\]/i.test(url) || !URL.canParse(url)) {
    return 'write a complete URL that begins with https:// (or http://)'
  }
  const { username, password } = new URL(url)
  // Settings are readable, and a URL ends up in logs and lists; channels.md 7.4.
  if (username !== '' || password !== '') {
    return 'leave user and password out of the URL; put the credentials into the secrets'
  }
  return undefined
}
