/** Numbers and names of signing in that several files need. Here, so that they can be had without loading better-auth. */

/** Where the API of signing in is. */
export const authPath = '/api/auth'
/** Sessions end after this, used or not. */
export const sessionSeconds = 7 * 86_400
/** Characters. */
export const shortestPassword = 12
export const longestPassword = 128
/** How long a link that resets a password, or proves an address, works. */
export const resetSeconds = 3_600
/** Where the routes put the address of the client; a header of that name in a request is overwritten. */
export const clientIpHeader = 'x-carillon-client-ip'
